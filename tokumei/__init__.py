"""Tokumei (匿名): personal-information files become 匿名加工情報, distributed on Apache Beam."""
