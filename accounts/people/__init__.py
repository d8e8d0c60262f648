"""Accounts of people: registration, passwords, addresses, profiles, and the mails about them.

One file a feature, which holds its body, its view and its flow. `links`, `mails`, `delivery` and
`password_rules` are what the features share. `notices` mails people about security events.
"""
