"""What the demonstration is made from: a real outline of four boroughs, and invented incidents upon it."""
