"""The results of a report as titled tables of rounded cells."""
