"""How does a study's eligibility leave, to find patients with elsewhere? As Circe, as SQL, as a FHIR group."""
