"""Let people register, and look after their passwords, addresses and profiles, with mails.

One file a feature, which holds its body, its view and its flow. `links`, `mails`, `delivery` and
`password_rules` are what the features share. `notices` mails people about security events.
"""
