"""What reports say around the words of the record; English, then French, so that neither can be forgotten."""

# ruff: noqa: RUF001 - French is set with its own apostrophe and spaces

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, tuple[str, str]] = {
    # header
    "kicker": ("EV charger test report", "Rapport d’essai de borne de recharge"),
    "title": ("{charger}: EV charger test report", "{charger}\u00a0: rapport d’essai de borne de recharge"),
    "nameless": ("Charger without a name", "Borne sans nom"),
    "report no": ("Report {id}", "Rapport {id}"),
    "not accredited": (
        (
            "This is not an accredited test report. The results relate only to the item tested. "
            "Not to be reproduced except in full."
        ),
        (
            "Ce rapport d’essai n’est pas accrédité. Les résultats ne concernent que l’objet essayé. "
            "Reproduction autorisée uniquement dans son intégralité."
        ),
    ),
    "skip": ("Skip to the results", "Aller aux résultats"),
    "contents": ("Contents", "Sommaire"),
    "simulated": ("SIMULATED", "SIMULÉ"),
    "simulated.say": (
        (
            "No physical charger was tested. A program played the charger, the vehicle and the instruments: "
            "this report shows what the suite does and proves nothing about any charger."
        ),
        (
            "Aucune borne physique n’a été essayée. Un programme a joué la borne, le véhicule et les instruments\u00a0: "
            "ce rapport montre ce que fait la suite et ne prouve rien sur aucune borne."
        ),
    ),
    "broken": ("NOT A RESULT", "PAS UN RÉSULTAT"),
    "broken.say": (
        "The record behind this report is not whole. Nothing below may be relied on.",
        "L’enregistrement derrière ce rapport n’est pas entier. Rien de ce qui suit ne peut servir de preuve.",
    ),
    "not sealed.say": (
        "The run was not sealed: not a result.",
        "La campagne n’a pas été scellée\u00a0: pas un résultat.",
    ),
    "aborted.title": ("STOPPED EARLY", "ARRÊT PRÉMATURÉ"),
    "no relay": ("No dead-man relay", "Pas de relais d’homme mort"),
    "no relay.say": (
        "This bench has no relay that cuts power when the test computer falls silent.",
        "Ce banc n’a pas de relais qui coupe le courant quand l’ordinateur d’essai se tait.",
    ),
    "story": ("What happened to the bench before", "Ce qui est arrivé au banc avant"),
    # levels and demands
    "levels": ("Level of certification", "Niveau de certification"),
    "level.one": ("Level", "Niveau"),
    "standing.reached": ("reached", "atteint"),
    "standing.screened": ("reached for screening only", "atteint pour tri seulement"),
    "standing.held back": ("held back", "non atteint"),
    "level.reached": ("Level reached: {level}.", "Niveau atteint\u00a0: {level}."),
    "level.screened": (
        (
            "Level reached for screening only: {level}. {n} of its requirements rest on numbers that nobody has verified "
            "in their source: that screens a charger, it does not certify one."
        ),
        (
            "Niveau atteint pour tri seulement\u00a0: {level}. {n} de ses exigences reposent sur des nombres que personne n’a "
            "vérifiés à la source\u00a0: cela trie une borne, cela ne la certifie pas."
        ),
    ),
    "level.none": ("No level is reached.", "Aucun niveau n’est atteint."),
    "level.aimed": (
        "The run was for the level {level}; {n} of its {m} requirements are missing.",
        "La campagne visait le niveau {level}; il y manque {n} de ses {m} exigences.",
    ),
    "level.counts": (
        "{passed} of {required} passed",
        "{passed} sur {required} satisfaites",
    ),
    "level.screened.count": ("{n} by screening only", "dont {n} par tri seulement"),
    "level.held.count": ("{n} missing", "{n} manquent"),
    "lacking": ("What is missing, by its name", "Ce qui manque, nommément"),
    "lacking.none": ("Nothing is missing.", "Rien ne manque."),
    "lacking.caption": (
        "Each requirement that is not passed whole, the lowest level first; those outside the levels come last.",
        "Chaque exigence qui n’est pas entièrement satisfaite, le niveau le plus bas d’abord; celles hors niveaux viennent en dernier.",
    ),
    "signed": ("Answered by people, stated by documents", "Réponses de personnes, contenu de documents"),
    "signed.by": ("Signed", "Signé"),
    "demands": ("From demands to verdicts", "Des demandes aux verdicts"),
    "demands.caption": (
        (
            "What a host demands, the requirements that serve it, how each stands, and what is missing by its name. Each id "
            "leads to its verdict or to what is missing; on paper: missing ones under “{lacking}”, all others under “{requirements}”."
        ),
        (
            "Ce que demande l’hôte, les exigences qui y répondent, l’état de chacune, et ce qui manque, nommément. Chaque "
            "identifiant mène à son verdict ou à ce qui manque; sur papier\u00a0: les manquantes sous «\u00a0{lacking}\u00a0», "
            "les autres sous «\u00a0{requirements}\u00a0»."
        ),
    ),
    "demand": ("Demand", "Demande"),
    "absent.paper": ("Documents missing", "Documents manquants"),
    "absent.item": ("Checklist not answered", "Liste de contrôle sans réponse"),
    "absent.scenario": ("Scenarios not run", "Scénarios non exécutés"),
    "absent.planned": ("Wattest cannot test yet", "Wattest ne peut pas encore vérifier"),
    "absent.rest": ("Not passed, reason below", "Non satisfaites, raison plus bas"),
    "demand.met": ("{n} of {m}", "{n} sur {m}"),
    "met": ("Met", "Satisfaites"),
    # conclusion
    "glance": ("Results at a glance", "Résultats en bref"),
    "said.fail": (
        "{n} of {m} requirements tested are not met.",
        "{n} des {m} exigences vérifiées ne sont pas satisfaites.",
    ),
    "said.fail.one": (
        "1 of {m} requirements tested is not met.",
        "1 des {m} exigences vérifiées n’est pas satisfaite.",
    ),
    "said.error": (
        "No requirement is contradicted, but {n} of {m} could not be judged: the bench or the suite failed.",
        "Aucune exigence n’est contredite, mais {n} sur {m} n’ont pu être jugées\u00a0: le banc ou la suite a failli.",
    ),
    "said.inconclusive": (
        "No requirement is contradicted, but for {n} of {m} the evidence cannot decide.",
        "Aucune exigence n’est contredite, mais pour {n} sur {m} les preuves ne permettent pas de trancher.",
    ),
    "said.pass": (
        "All {m} requirements tested are met.",
        "Les {m} exigences vérifiées sont toutes satisfaites.",
    ),
    "said.pass.one": ("The one requirement tested is met.", "La seule exigence vérifiée est satisfaite."),
    "said.not tested": ("No requirement was tested.", "Aucune exigence n’a été vérifiée."),
    "also untested": (
        "{n} more were not tested, or not in full: nothing is claimed about them.",
        "{n} autres n’ont pas été vérifiées, ou pas en entier\u00a0: rien n’est affirmé à leur sujet.",
    ),
    "also untested.one": (
        "1 more was not tested, or not in full: nothing is claimed about it.",
        "1 autre n’a pas été vérifiée, ou pas en entier\u00a0: rien n’est affirmé à son sujet.",
    ),
    "screening": ("screening only", "tri seulement"),
    "also screening": (
        "For {n} of them a limit is unverified: that screens a charger, it does not certify one.",
        "Pour {n} d’entre elles une limite est non vérifiée\u00a0: cela trie une borne, cela ne la certifie pas.",
    ),
    "also undecided": (
        "For {n} more the evidence cannot decide, or the bench failed.",
        "Pour {n} autres les preuves ne permettent pas de trancher, ou le banc a failli.",
    ),
    "also partly": (
        "{n} of those tested were not tested on every OCPP version.",
        "{n} de celles vérifiées ne l’ont pas été sur chaque version OCPP.",
    ),
    "counted": ("Requirements per verdict", "Exigences par verdict"),
    "runs.one": ("{n} scenario run", "{n} scénario exécuté"),
    "runs.many": ("{n} scenario runs", "{n} scénarios exécutés"),
    # facts
    "charger": ("Charger", "Borne"),
    "as stated": ("as stated by its maker", "selon le fabricant"),
    "maker": ("Maker", "Fabricant"),
    "model": ("Model", "Modèle"),
    "serial": ("Serial number", "Numéro de série"),
    "firmware": ("Firmware", "Micrologiciel"),
    "rating": ("Rating", "Caractéristiques"),
    "rating.text": ("{v} V, {a} A, phases: {p}", "{v} V, {a} A, phases\u00a0: {p}"),
    "connectors": ("Connectors", "Connecteurs"),
    "cable.tethered": ("tethered cable", "câble attaché"),
    "cable.socket": ("socket", "prise"),
    "temperatures": ("Temperature range", "Plage de température"),
    "range": ("{low} to {high}", "{low} à {high}"),
    "step": ("Register step", "Pas du compteur"),
    "run": ("Run", "Campagne"),
    "date": ("Performed", "Exécutée"),
    "between": ("From, to", "De, à"),
    "virtual": ("Simulated time", "Temps simulé"),
    "duration": ("Duration on the bench", "Durée au banc"),
    "bench": ("Bench", "Banc"),
    "kind.simulated": ("simulated", "simulé"),
    "kind.rehearsed": (
        "rehearsed: the drivers of its instruments, with twins",
        "répété\u00a0: les pilotes de ses instruments, avec des jumeaux",
    ),
    "kind.live": ("live", "réel"),
    "plane": ("Measurement plane", "Plan de mesure"),
    "plane.input": ("input of the charger", "entrée de la borne"),
    "plane.output_terminals": ("output terminals", "bornes de sortie"),
    "plane.connector": ("connector", "connecteur"),
    "dialects": ("OCPP versions", "Versions OCPP"),
    "seed": ("Seed", "Graine"),
    "suite": ("Suite", "Suite"),
    "decision": ("Decision rule", "Règle de décision"),
    "decision.text": (
        "{id}: accepted up to limit − {guard} × U, with U = {k} u ({source})",
        "{id}\u00a0: accepté jusqu’à limite − {guard} × U, avec U = {k} u ({source})",
    ),
    "defects": ("Deliberate defects", "Défauts délibérés"),
    "defects.say": (
        "This charger was made to misbehave on purpose: {list}.",
        "Cette borne a été rendue fautive exprès\u00a0: {list}.",
    ),
    "resumed.one": ("Interrupted and resumed {n} time.", "Interrompue et reprise {n} fois."),
    "resumed.many": ("Interrupted and resumed {n} times.", "Interrompue et reprise {n} fois."),
    # tables
    "contradicted": ("What was not met or could not be decided", "Ce qui n’est pas satisfait ou pas tranché"),
    "requirements": ("Requirements", "Exigences"),
    "requirements.caption": (
        "Verdict per requirement and OCPP version, with source and limit",
        "Verdict par exigence et par version OCPP, avec source et limite",
    ),
    "requirement": ("Requirement", "Exigence"),
    "source": ("Source", "Source"),
    "limit": ("Limit", "Limite"),
    "verdict": ("Verdict", "Verdict"),
    "found": ("Finding", "Constat"),
    "evidence": ("Evidence", "Preuve"),
    "entry": ("Entry", "Entrée"),
    "entry.one": ("entry {list}", "entrée {list}"),
    "entry.many": ("entries {list}", "entrées {list}"),
    "left out": ("Not tested, and why", "Non testé, et pourquoi"),
    "left out.none": ("Everything that was planned was tested.", "Tout ce qui était prévu a été vérifié."),
    "left out.caption": (
        "Scenarios and requirements that were not tested",
        "Scénarios et exigences non vérifiés",
    ),
    "not reached": (
        "Planned but never reached: the run ended before.",
        "Prévu mais jamais atteint\u00a0: la campagne s’est terminée avant.",
    ),
    "not covered": (
        "No scenario of this run covers these requirements.",
        "Aucun scénario de cette campagne ne couvre ces exigences.",
    ),
    "scenario": ("Scenario", "Scénario"),
    "scenarios": ("Scenarios", "Scénarios"),
    "reason": ("Reason", "Raison"),
    "attempt": ("attempt {n}", "essai {n}"),
    "superseded": (
        "This attempt does not count: the scenario was tried again.",
        "Cet essai ne compte pas\u00a0: le scénario a été repris.",
    ),
    "began": ("began {at}, took {for_}", "début {at}, durée {for_}"),
    "getting ready": ("getting ready", "préparation"),
    "steps": ("Steps", "Étapes"),
    "no": ("No.", "N°"),
    "step.one": ("Step", "Étape"),
    "at": ("At", "À"),
    "took": ("Took", "Durée"),
    "outcome": ("Outcome", "Issue"),
    "watched": ("What was watched throughout", "Surveillé d’un bout à l’autre"),
    "watch": ("Monitor", "Surveillance"),
    "checks.one": ("{n} check", "{n} contrôle"),
    "checks.many": ("{n} checks", "{n} contrôles"),
    "held": ("Figures held against a limit", "Valeurs confrontées à une limite"),
    "quantity": ("Quantity", "Grandeur"),
    "value": ("Value", "Valeur"),
    "unit": ("Unit", "Unité"),
    "expanded": ("U (k = {k})", "U (k = {k})"),
    "band": ("Band", "Bande"),
    "readings": ("Instrument readings", "Lectures des instruments"),
    "readings.cited": ("Readings that checks rely on", "Lectures sur lesquelles reposent les contrôles"),
    "readings.all": ("All readings in figures", "Toutes les lectures en chiffres"),
    "instrument": ("Instrument", "Instrument"),
    "number": ("Count", "Nombre"),
    "first": ("First", "Première"),
    "last": ("Last", "Dernière"),
    "least": ("Lowest", "Minimum"),
    "most": ("Highest", "Maximum"),
    "flags": ("Flags", "Réserves"),
    "bound.at most": ("at most", "au plus"),
    "bound.at least": ("at least", "au moins"),
    "bound.between": ("between", "entre"),
    "bound.span": ("{low} and {high}", "{low} et {high}"),
    "bound.plus or minus": ("within ±", "dans ±"),
    "bound.equal": ("equal to", "égal à"),
    "bound.within": ("within", "en moins de"),
    "part.reported": ("reported by the charger", "annoncée par la borne"),
    "part.reference": ("measured by the reference meter", "mesurée par le compteur étalon"),
    "chance": ("conforms with a probability of {p} %", "conforme avec une probabilité de {p}\u00a0%"),
    "simple": ("simple acceptance would say: {verdict}", "l’acceptation simple dirait\u00a0: {verdict}"),
    "budget": ("Uncertainty budget", "Bilan d’incertitude"),
    "component": ("Component", "Composante"),
    "standard": ("u (k = 1)", "u (k = 1)"),
    "never": ("did not happen", "n’a pas eu lieu"),
    "unknown": ("unknown", "inconnue"),
    # plot
    "plot": ("Power and temperature over the session", "Puissance et température au cours de la séance"),
    "plot.describe": (
        "{series}. From {begin} to {end}. {transactions}",
        "{series}. De {begin} à {end}. {transactions}",
    ),
    "plot.series": ("{name}: {low} to {high}", "{name}\u00a0: {low} à {high}"),
    "plot.transaction": ("Transaction {id} from {begin} to {end}.", "Transaction {id} de {begin} à {end}."),
    "plot.open": ("the end", "la fin"),
    "plot.none": ("No transaction.", "Aucune transaction."),
    "plot.power": ("Power", "Puissance"),
    "plot.temperature": ("Temperature", "Température"),
    "plot.key": (
        "Time since the scenario began. Shaded: transactions. Numbered ticks: steps.",
        "Temps depuis le début du scénario. Zones grisées\u00a0: transactions. Repères numérotés\u00a0: étapes.",
    ),
    "plot.closeup": ("The same, transactions only:", "Les mêmes, transactions seulement\u00a0:"),
    "plot.thinned": (
        "Decimated: {kept} of {total} points, the lowest and highest of each stretch.",
        "Décimé\u00a0: {kept} points sur {total}, le plus bas et le plus haut de chaque tranche.",
    ),
    "plot.table": ("The figures behind the plot", "Les valeurs derrière le graphique"),
    "plot.rows": (
        "Lowest and highest of each stretch, {n} moments",
        "Le plus bas et le plus haut de chaque tranche, {n} instants",
    ),
    # exchange
    "exchange": ("Messages around what went wrong", "Messages autour de ce qui a échoué"),
    "exchange.key": (
        "Marked lines are what the failed checks rely on.",
        "Les lignes marquées sont celles sur lesquelles reposent les contrôles échoués.",
    ),
    "cited": ("evidence", "preuve"),
    "direction": ("From, to", "De, vers"),
    "message": ("Message", "Message"),
    "content": ("Content", "Contenu"),
    "evse.to": ("charger → central system", "borne → système central"),
    "csms.to": ("central system → charger", "système central → borne"),
    "bench.to": ("bench", "banc"),
    "link.to": ("link", "liaison"),
    "word.call": ("request", "demande"),
    "word.result": ("answer", "réponse"),
    "word.error": ("error answer", "réponse d’erreur"),
    "word.undecoded": ("unreadable", "illisible"),
    "word.link": ("link", "liaison"),
    "word.action": ("action", "action"),
    "word.fault": ("fault set", "panne provoquée"),
    "word.heal": ("fault healed", "panne levée"),
    "answered": ("answered", "répondu"),
    "violations": ("Violates", "Enfreint"),
    "skipped.one": ("{n} line not shown", "{n} ligne non montrée"),
    "skipped.many": ("{n} lines not shown", "{n} lignes non montrées"),
    "fields.one": ("and {n} more field", "et {n} champ de plus"),
    "fields.many": ("and {n} more fields", "et {n} champs de plus"),
    # bench and method
    "method": ("Bench and method", "Banc et méthode"),
    "roles": ("Who played what on the bench", "Qui a joué quoi au banc"),
    "role": ("Role", "Rôle"),
    "identity": ("Identified itself as", "S’est identifié comme"),
    "driver": ("Driver", "Pilote"),
    "driver.by_hand": ("a person", "une personne"),
    "safety": ("How the bench was made safe", "Mise en sécurité du banc"),
    "safe.yes": ("safe", "en sécurité"),
    "safe.no": ("NOT confirmed safe", "sécurité NON confirmée"),
    "confirmed": ("Confirmed by", "Confirmé par"),
    "asked": ("What a person was asked", "Questions posées à une personne"),
    "question": ("Question", "Question"),
    "answer": ("Answer", "Réponse"),
    "by": ("By", "Par"),
    "meanings": ("What the verdicts mean", "Signification des verdicts"),
    "origins": ("Where limits come from", "Origine des limites"),
    "uncertainty.say": (
        (
            "U is the expanded uncertainty of a value, for a coverage factor k = 2 (about 95 %), in the value’s own unit. "
            "A limit marked unverified can screen but cannot certify."
        ),
        (
            "U est l’incertitude élargie d’une valeur, pour un facteur d’élargissement k = 2 (environ 95\u00a0%), dans l’unité de "
            "la valeur. Une limite dite non vérifiée peut trier mais ne peut pas certifier."
        ),
    ),
    "language.say": (
        "Findings are quoted from the record as they were written.",
        "Les constats marqués EN sont des preuves\u00a0: ils sont cités tels qu’ils sont écrits dans l’enregistrement, en anglais.",
    ),
    "hidden.say": (
        "Passwords are hidden in this report, not in the record.",
        "Les mots de passe sont masqués dans ce rapport, pas dans l’enregistrement.",
    ),
    # sessions
    "sessions": ("Charging sessions", "Séances de recharge"),
    "sessions.caption": (
        "Every session as the charger stated it; money is computed again from its tariff",
        "Chaque séance selon la borne; les montants sont recalculés d’après le tarif",
    ),
    "sessions.begin": ("Begin", "Début"),
    "sessions.end": ("End", "Fin"),
    "sessions.duration": ("Duration", "Durée"),
    "sessions.energy": ("Energy", "Énergie"),
    "sessions.peak": ("Highest power", "Puissance maximale"),
    "sessions.method": ("Authorised by", "Autorisée par"),
    "sessions.before": ("Before tax", "Avant taxes"),
    "sessions.taxes": ("Taxes", "Taxes"),
    "sessions.total": ("Total", "Total"),
    "sessions.more": (
        "There are {n} sessions in all; “wattest sessions” exports every one.",
        "Il y a {n} séances en tout; « wattest sessions » les exporte toutes.",
    ),
    "kpis": ("Key figures", "Chiffres clés"),
    "kpis.say": (
        (
            "Over all scenarios of this run, in which faults were made on purpose: they say what happened here, "
            "and nothing about service in the field. Definitions after ChargeX; names recalled."
        ),
        (
            "Sur tous les scénarios de la campagne, où des pannes ont été provoquées : ils disent ce qui s’est passé ici, "
            "et rien du service sur le terrain. Définitions d’après ChargeX; noms cités de mémoire."
        ),
    ),
    "kpis.attempts": ("Attempts to charge", "Tentatives de recharge"),
    "kpis.start": ("Charge start success", "Réussite du démarrage"),
    "kpis.end": ("Charge end success", "Réussite de la fin"),
    "kpis.session": ("Session success", "Réussite des séances"),
    "kpis.time": ("Time to charge, median", "Délai avant la charge, médiane"),
    # recheck
    "recheck": ("How to check this report", "Comment vérifier ce rapport"),
    "recheck.say": (
        (
            "Everything above comes from one record, a chain of {n} entries. Whoever holds the record can check that no "
            "entry was changed, dropped or swapped, and compute every verdict again from the evidence:"
        ),
        (
            "Tout ce qui précède vient d’un seul enregistrement, une chaîne de {n} entrées. Quiconque le détient peut vérifier "
            "qu’aucune entrée n’a été modifiée, retirée ou déplacée, et recalculer chaque verdict à partir des preuves\u00a0:"
        ),
    ),
    "head": ("Head of the chain (SHA-256)", "Tête de la chaîne (SHA-256)"),
    "head.none": ("none: the run was not sealed", "aucune\u00a0: la campagne n’a pas été scellée"),
    "head.say": (
        "The record is the right one if “wattest verify” shows this head.",
        "L’enregistrement est le bon si «\u00a0wattest verify\u00a0» montre cette tête.",
    ),
    "end": ("End of report {id}", "Fin du rapport {id}"),
}
