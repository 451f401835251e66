"""How does a record become the registry's old XML, which programs written before 2024 read (public.xsd of 2020)?"""
