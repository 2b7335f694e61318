"""Names that checks and readings of the record carry, as a reader says them: quantities, parts, components, flags, monitors.

A name that ends with a number stands here with ``{n}`` in its place. What is not here is quoted as the record has it.
"""

# ruff: noqa: RUF001 - French is set with its own apostrophe and spaces

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, tuple[str, str]] = {
    # quantities read
    "name.current at place {n}": ("current at place {n}", "courant à l’emplacement {n}"),
    "name.delay open": ("delay until open", "délai avant l’ouverture"),
    "name.delay close": ("delay until closed", "délai avant la fermeture"),
    "name.temperature air": ("temperature of the air", "température de l’air"),
    "name.temperature enclosure": ("temperature of the enclosure", "température du boîtier"),
    "name.force of one hand to draw the cable out": (
        "force of one hand to draw the cable out",
        "force d’une main pour tirer le câble",
    ),
    "name.force to mate the connector": ("force to mate the connector", "force pour insérer la fiche"),
    "name.force to straighten 1 m of cable": (
        "force to straighten 1 m of cable",
        "force pour redresser 1 m de câble",
    ),
    "name.residual coil after 60 s of hanging, of the free length": (
        "residual coil after 60 s of hanging, of the free length",
        "enroulement résiduel après 60 s suspendu, sur la longueur libre",
    ),
    "name.usable length of the cable": ("usable length of the cable", "longueur utile du câble"),
    "name.share of the 8 positions of the port that the plug reaches": (
        "share of the 8 positions of the port that the plug reaches",
        "part des 8 positions de la prise du véhicule que la fiche atteint",
    ),
    "name.lowest point of the cable, holstered": (
        "lowest point of the cable, holstered",
        "point le plus bas du câble, rangé",
    ),
    "name.lowest point of the cable, plugged in at the worst port": (
        "lowest point of the cable, plugged in at the worst port",
        "point le plus bas du câble, branché à la pire position",
    ),
    # what a figure is made of
    "part.integral of the power": ("integral of the power", "intégrale de la puissance"),
    "part.register": ("register", "registre"),
    "part.registers": ("registers", "registres"),
    "part.reference meter": ("reference meter", "compteur étalon"),
    "part.before tax": ("before tax", "avant taxes"),
    "part.energy": ("energy", "énergie"),
    "part.time": ("time", "temps"),
    "part.flat": ("flat fee", "frais fixes"),
    "part.idle": ("idle fee", "frais d’occupation"),
    "part.minimum or maximum": ("minimum or maximum", "minimum ou maximum"),
    "part.display": ("display", "afficheur"),
    "part.the end of the transaction": ("the end of the transaction", "fin de la transaction"),
    "part.the receipt": ("the receipt", "reçu"),
    "part.GST": ("GST", "TPS"),
    "part.HST": ("HST", "TVH"),
    "part.QST": ("QST", "TVQ"),
    "part.PST": ("PST", "TVP"),
    "part.RST": ("RST", "TVD"),
    # components of uncertainty
    "component.reference meter": ("reference meter", "compteur étalon"),
    "component.reference meter specification": (
        "reference meter, specification",
        "compteur étalon, spécification",
    ),
    "component.reference meter certificate": (
        "reference meter, certificate",
        "compteur étalon, certificat d’étalonnage",
    ),
    "component.reference meter time base": ("reference meter, time base", "compteur étalon, base de temps"),
    "component.reference meter resolution": ("reference meter, resolution", "compteur étalon, résolution"),
    "component.reference meter resolution (begin)": (
        "reference meter, resolution (begin)",
        "compteur étalon, résolution (début)",
    ),
    "component.reference meter resolution (end)": (
        "reference meter, resolution (end)",
        "compteur étalon, résolution (fin)",
    ),
    "component.register resolution (difference)": (
        "register, resolution (difference)",
        "registre, résolution (différence)",
    ),
    "component.register resolution (session)": (
        "register, resolution (session)",
        "registre, résolution (séance)",
    ),
    "component.start and stop (standing)": ("start and stop (standing)", "démarrage et arrêt (statique)"),
    "component.repeatability": ("repeatability", "répétabilité"),
    "component.loss in the cord": ("loss in the cord", "perte dans le cordon"),
    "component.cord resistance": ("cord resistance", "résistance du cordon"),
    "component.cord current between readings": (
        "cord current between readings",
        "courant du cordon entre les lectures",
    ),
    "component.self-consumption under load": ("self-consumption under load", "consommation propre en charge"),
    # flags of readings
    "flag.no data": ("no data", "aucune donnée"),
    "flag.over-range": ("over-range", "hors calibre"),
    "flag.calibration expired": ("calibration expired", "étalonnage expiré"),
    "flag.calibration not yet valid": ("calibration not yet valid", "étalonnage pas encore en vigueur"),
    # monitors
    "monitor.frames_valid": ("messages keep to the schema", "messages conformes au schéma"),
    "monitor.calls_answered": ("each request is answered once", "une réponse à chaque requête"),
    "monitor.boot_order": ("the station announces itself first", "la borne s’annonce d’abord"),
    "monitor.ids_unique": ("ids are used once", "identifiants uniques"),
    "monitor.timestamps": ("stated times are true", "heures annoncées vraies"),
    "monitor.status_transitions": ("changes of status are allowed ones", "changements d’état permis"),
    "monitor.register_monotone": ("the register never goes back", "le registre ne recule jamais"),
    "monitor.balance": (
        "registers, power, meter and total agree",
        "registres, puissance, compteur et total concordent",
    ),
    "monitor.instruments": (
        "errors are stated with their uncertainty, by instruments whose calibration is in date",
        "les erreurs sont données avec leur incertitude, par des instruments à l'étalonnage à jour",
    ),
    "monitor.conduct": ("the link is kept, without floods", "la liaison est tenue, sans rafales"),
    "monitor.lock_follows_state": ("locks follow the state", "les verrous suivent l’état"),
    "monitor.unauthorised_energy": ("no energy without authorisation", "aucune énergie sans autorisation"),
    "monitor.card_data": ("no card number leaks", "aucun numéro de carte ne fuit"),
}
