"""What nobody declared (宣言のない危険): whom released values single out, whatever the policy says."""
