"""The learning lab: one can watch a JWT session work, attack it, and see what is refused and why.

It runs the app's own code under settings of its own (lab.profile): other keys, issuer,
audience, people and cookie names, on other hosts. Nothing imports it but one line of project.urls;
without this folder and that line the app works as before.
"""
