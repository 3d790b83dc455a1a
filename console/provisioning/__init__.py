"""From source objects to HubSpot records: plan, guard, apply."""
