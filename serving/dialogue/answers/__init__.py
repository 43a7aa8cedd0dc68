"""Reading customers' answers: yes and no, refusals, corrections, what joins two values."""
