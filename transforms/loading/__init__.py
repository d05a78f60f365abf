"""Releases in tables of others (公表後の取込み): verified first, then loaded once, whole or not at all."""
