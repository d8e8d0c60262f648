"""The applications that are measured in process. Each stack runs in a process of its own."""
