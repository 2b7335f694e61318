"""Words of the record that every report shows: verdicts, bands, provenance, areas, roles; English, then French."""

# ruff: noqa: RUF001 - French is set with its own apostrophe and spaces

from __future__ import annotations

from collections.abc import Mapping

VOCABULARY: Mapping[str, tuple[str, str]] = {
    # verdicts, outcomes, bands, provenance
    "pass": ("pass", "conforme"),
    "fail": ("fail", "non conforme"),
    "inconclusive": ("inconclusive", "non concluant"),
    "error": ("error", "erreur"),
    "not applicable": ("not applicable", "sans objet"),
    "not tested": ("not tested", "non testé"),
    "aborted": ("aborted", "interrompu"),
    "done": ("done", "fait"),
    "failed": ("failed", "échoué"),
    "means.pass": (
        "Every expectation was met, with positive evidence.",
        "Chaque attente est satisfaite, preuve à l’appui.",
    ),
    "means.fail": ("The charger contradicted the requirement.", "La borne contredit l’exigence."),
    "means.inconclusive": (
        "The evidence cannot decide, for instance because the limit lies within the uncertainty.",
        "Les preuves ne permettent pas de trancher, par exemple parce que la limite se situe dans l’incertitude.",
    ),
    "means.error": (
        "The bench, the suite or the operator failed; says nothing about the charger.",
        "Le banc, la suite ou l’opérateur a failli\u00a0; rien n’en découle pour la borne.",
    ),
    "means.not applicable": (
        "The requirement does not concern this charger.",
        "L’exigence ne concerne pas cette borne.",
    ),
    "means.not tested": (
        "Nobody looked, or not at everything; nothing is claimed.",
        "Personne n’a vérifié, ou pas tout\u00a0; rien n’est affirmé.",
    ),
    "band.PASS": ("PASS: below the limit by more than U", "PASS\u00a0: sous la limite de plus de U"),
    "band.CONDITIONAL_PASS": (
        "CONDITIONAL PASS: below the limit by less than U",
        "CONDITIONAL PASS\u00a0: sous la limite de moins de U",
    ),
    "band.CONDITIONAL_FAIL": (
        "CONDITIONAL FAIL: above the limit by less than U",
        "CONDITIONAL FAIL\u00a0: au-dessus de la limite de moins de U",
    ),
    "band.FAIL": ("FAIL: above the limit by more than U", "FAIL\u00a0: au-dessus de la limite de plus de U"),
    "from.found": ("found", "lue"),
    "from.calculated": ("calculated", "calculée"),
    "from.recalled": ("recalled", "de mémoire"),
    "from.unverified": ("unverified", "non vérifiée"),
    "from.project": ("project", "projet"),
    "origin.found": ("read in the source named", "lue dans la source nommée"),
    "origin.calculated": ("derived, with its assumptions stated", "déduite, hypothèses énoncées"),
    "origin.recalled": (
        "quoted from memory with high confidence; to be checked against the source",
        "citée de mémoire avec grande confiance\u00a0; à vérifier dans la source",
    ),
    "origin.unverified": (
        "quoted from memory with less confidence: it may screen chargers but cannot certify one",
        "citée de mémoire avec moins de confiance\u00a0: peut trier des bornes, ne peut en certifier aucune",
    ),
    "origin.project": (
        "set by this project; no standard behind it",
        "fixée par ce projet\u00a0; aucune norme derrière",
    ),
    "level.mandatory": ("mandatory", "obligatoire"),
    "level.should": ("recommended", "recommandée"),
    "level.informational": ("informational", "pour information"),
    # areas
    "area.AUT": ("Authorisation", "Autorisation"),
    "area.BIL": ("Billing", "Facturation"),
    "area.CBL": ("Cable", "Câble"),
    "area.DAT": ("Session data", "Données de session"),
    "area.DSP": ("Display", "Affichage"),
    "area.ELE": ("Electrical", "Électricité"),
    "area.INF": ("Information", "Information"),
    "area.LCK": ("Locks", "Verrous"),
    "area.LOD": ("Load sharing", "Partage de charge"),
    "area.MET": ("Metering", "Mesurage"),
    "area.MON": ("Monitoring", "Supervision"),
    "area.NET": ("Network", "Réseau"),
    "area.OCP": ("Protocol", "Protocole"),
    "area.PAY": ("Payment", "Paiement"),
    "area.ROB": ("Robustness and climate", "Robustesse et climat"),
    "area.SIT": ("Site", "Site"),
    "area.SVC": ("Service", "Service"),
    "area.authentication": ("Authorisation", "Autorisation"),
    "area.locking": ("Locks", "Verrous"),
    "area.metering": ("Metering", "Mesurage"),
    "area.billing": ("Billing", "Facturation"),
    "area.outage": ("Outages", "Pannes"),
    "area.climate": ("Climate", "Climat"),
    "area.electrical": ("Electrical", "Électricité"),
    "area.cable": ("Cable", "Câble"),
    # who measures what
    "role.reference_meter": ("reference meter", "compteur étalon"),
    "role.vehicle": ("vehicle", "véhicule"),
    "role.card_reader": ("card", "carte"),
    "role.mains": ("mains", "alimentation"),
    "role.lock_sensor": ("lock sensor", "capteur de verrou"),
    "role.display": ("display", "afficheur"),
    "role.chamber": ("chamber", "enceinte climatique"),
    "role.network": ("network", "réseau"),
    "role.load": ("load", "charge électronique"),
    "role.pilot_scope": ("oscilloscope on the pilot", "oscilloscope sur le fil pilote"),
    "role.thermometers": ("thermometers", "thermomètres"),
    "role.operator": ("operator", "opérateur"),
    "role.bench": ("bench as a whole", "banc entier"),
    "role.evse": ("stated by the charger", "annoncé par la borne"),
    "name.power": ("power", "puissance"),
    "name.temperature": ("temperature", "température"),
    "name.voltage": ("voltage", "tension"),
    "name.current": ("current", "courant"),
    "name.energy": ("energy", "énergie"),
}
