"""What a person at the bench is told to do, in English and French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "fr"]

TASKS: Mapping[tuple[str, str], Mapping[Language, str]] = {
    ("vehicle", "plug_in"): {
        "en": "Take the cable and plug it into the car.",
        "fr": "Prenez le câble et branchez-le à la voiture.",
    },
    ("vehicle", "unplug"): {
        "en": "Pull the plug out of the car and keep it in your hand.",
        "fr": "Débranchez la voiture et gardez la fiche en main.",
    },
    ("vehicle", "holster"): {
        "en": "Put the plug back into its holster on the station.",
        "fr": "Remettez la fiche dans son support sur la borne.",
    },
    ("vehicle", "set_ready"): {
        "en": "Set the car so that it {ready:true=asks for energy (pilot state C),false=takes no energy (state B)}.",
        "fr": "Réglez la voiture pour qu'elle {ready:true=demande de l'énergie (état C),"
        "false=ne prenne pas d'énergie (état B)}.",
    },
    ("vehicle", "set_current"): {
        "en": "Set the car or the load to take at most {current_a} A per phase.",
        "fr": "Réglez la voiture ou la charge électronique à {current_a} A au plus par phase.",
    },
    ("vehicle", "set_state_of_charge"): {
        "en": "Bring a car whose battery is at {percent} % (set the emulator to it, or drive), and leave it unplugged.",
        "fr": "Amenez une voiture dont la batterie est à {percent} % (réglez l'émulateur, ou roulez) et laissez-la débranchée.",
    },
    ("vehicle", "make_safe"): {
        "en": "Make sure that the car takes no energy.",
        "fr": "Assurez-vous que la voiture ne prend pas d'énergie.",
    },
    ("vehicle", "set_fault"): {
        "en": "{on:true=Make,false=Mend} this fault of the car: {fault:diode=pilot diode shorted,"
        "pe=protective earth open,short=pilot shorted to earth (state E),cp=pilot conductor open,"
        "hot=connector heated beyond the limit of its temperature probe,"
        "heedless=asks and draws as it was told whatever the pilot says,"
        "weld=the contactor looks welded since the bench feeds the output from behind it or holds its contacts closed}.",
        "fr": "{on:true=Créez,false=Supprimez} ce défaut de la voiture : {fault:diode=diode du signal pilote court-circuitée,"
        "pe=terre de protection ouverte,short=signal pilote court-circuité à la terre (état E),"
        "cp=conducteur du signal pilote ouvert,hot=connecteur chauffé au-delà de la limite de sa sonde de température,"
        "heedless=demande et prend ce qui est réglé quoi que dise le signal pilote,"
        "weld=le contacteur paraît soudé car le banc alimente la sortie par l'aval ou tient ses contacts fermés}.",
    },
    ("vehicle", "set_pilot_resistance"): {
        "en": "Put {resistance} into the car {state:B=between pilot and earth (R2),"
        "C=as what its switch puts beside that for state C (R3)}.",
        "fr": "Mettez {resistance} dans la voiture {state:B=entre le pilote et la terre (R2),"
        "C=comme ce que son interrupteur met en parallèle pour l'état C (R3)}.",
    },
    ("vehicle", "set_proximity"): {
        "en": "Put {resistance} between the proximity contact and earth{button}.",
        "fr": "Mettez {resistance} entre le contact de proximité et la terre{button}.",
    },
    ("load", "set_current"): {
        "en": "Set the load to {current_a} A per phase.",
        "fr": "Réglez la charge électronique à {current_a} A par phase.",
    },
    ("load", "set_input"): {
        "en": "Switch the input of the load {on:true=ON,false=OFF}.",
        "fr": "{on:true=Enclenchez,false=Coupez} l'entrée de la charge électronique.",
    },
    ("load", "make_safe"): {
        "en": "Switch the input of the load OFF.",
        "fr": "Coupez l'entrée de la charge électronique.",
    },
    ("pilot_scope", "arm"): {
        "en": "Set the oscilloscope to a single trigger on the control pilot: it {event:close=enters state C and the "
        "output becomes live,open=leaves state C and the output becomes dead}.",
        "fr": "Réglez l'oscilloscope en déclenchement unique sur le signal pilote : il {event:close=passe à l'état C et la "
        "sortie est mise sous tension,open=quitte l'état C et la sortie est mise hors tension}.",
    },
    ("mains", "set_voltage"): {
        "en": "Set the supply of the station to {voltage_v} V rms per phase.",
        "fr": "Réglez l'alimentation de la borne à {voltage_v} V efficaces par phase.",
    },
    ("mains", "set_frequency"): {
        "en": "Set the supply of the station to {frequency_hz} Hz.",
        "fr": "Réglez l'alimentation de la borne à {frequency_hz} Hz.",
    },
    ("card_reader", "present"): {
        "en": "Hold {card} to the reader for two seconds, then take it away.",
        "fr": "Présentez {card} au lecteur pendant deux secondes, puis retirez-la.",
    },
    ("acquirer", "set_answer"): {
        "en": "Arrange that the acquirer's test host {answer:approve=approves authorisations,refuse=refuses authorisations,"
        "silent=leaves authorisations without an answer} from now on, by the test card or amount that it publishes for "
        "that{answer:approve=.,refuse=.,silent=; or unplug the terminal's line.}",
        "fr": "Faites en sorte que l'hôte d'essai de l'acquéreur {answer:approve=approuve les autorisations,refuse=refuse "
        "les autorisations,silent=laisse les autorisations sans réponse} à partir de maintenant, par la carte ou le "
        "montant d'essai qu'il publie à cet effet{answer:approve=.,refuse=.,silent=; ou débranchez la ligne du terminal.}",
    },
    ("mains", "set_power"): {
        "en": "Switch the supply of the station {on:true=ON,false=OFF}.",
        "fr": "{on:true=Mettez la borne sous tension,false=Coupez l'alimentation de la borne}.",
    },
    ("mains", "make_safe"): {
        "en": "Switch the supply of the station OFF and see that it is dead.",
        "fr": "Coupez l'alimentation de la borne et vérifiez qu'elle est hors tension.",
    },
    ("lock_sensor", "jam"): {
        "en": "{jammed:true=Block,false=Free} the {which} lock mechanically.",
        "fr": "{jammed:true=Bloquez,false=Libérez} mécaniquement le verrou "
        "{which:holster=du support,connector=de la fiche}.",
    },
    ("chamber", "set_temperature"): {
        "en": "Set the chamber to {temperature_c} degC, at {ramp_k_per_min} K/min.",
        "fr": "Réglez la chambre à {temperature_c} degC, à {ramp_k_per_min} K/min.",
    },
    ("chamber", "set_humidity"): {
        "en": "Set the humidity of the chamber to {humidity_pct} %.",
        "fr": "Réglez l'humidité de la chambre à {humidity_pct} %.",
    },
    ("chamber", "make_safe"): {
        "en": "Put the chamber into standby.",
        "fr": "Mettez la chambre en attente.",
    },
    ("network", "cut"): {
        "en": "Cut the network of the station.",
        "fr": "Coupez le réseau de la borne.",
    },
    ("network", "restore"): {
        "en": "Restore the network of the station.",
        "fr": "Rétablissez le réseau de la borne.",
    },
    ("reference_meter", "start_integration"): {
        "en": "Reset the energy counter of the meter and start it.",
        "fr": "Remettez à zéro le compteur d'énergie du wattmètre et démarrez-le.",
    },
    ("reference_meter", "stop_integration"): {
        "en": "Stop the energy counter of the meter.",
        "fr": "Arrêtez le compteur d'énergie du wattmètre.",
    },
}
"""By role and action; placeholders are the arguments of the action (``wattest_instruments.placeholders``)."""

SAFE_QUESTIONS: Mapping[str, Mapping[Language, str]] = {
    "mains": {
        "en": "Is the supply of the station off and the station dead?",
        "fr": "L'alimentation est-elle coupée et la borne hors tension ?",
    },
    "load": {
        "en": "Is the input of the load off?",
        "fr": "L'entrée de la charge électronique est-elle coupée ?",
    },
    "vehicle": {
        "en": "Is the circuit of the car open, so that no current flows?",
        "fr": "Le circuit de la voiture est-il ouvert, sans courant ?",
    },
}
"""What a person is asked once a part was made safe."""
