"""What came back after a message was accepted: bounces, delays, receipts and complaints."""
