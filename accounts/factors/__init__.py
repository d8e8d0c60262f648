"""A second factor: passkeys, an authenticator app, recovery codes.

A passkey alone is a whole sign-in, as the device asks for a finger, a face or a PIN first. A code
completes a password. `gate` answers the core, which asks what a sign-in still needs.
"""
