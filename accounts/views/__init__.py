"""The endpoints of the authentication server, by who calls them."""
