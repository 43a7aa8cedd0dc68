"""What traffic needs and costs: a bill by component, and a simulated fleet of processes."""
