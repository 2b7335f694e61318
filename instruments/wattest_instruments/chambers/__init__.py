"""Climate chambers: one driver for the role, a dialect for each make of controller, and their twins.

======================  ==============================================  ==========================
``espec``               ESPEC P-300, SCP-220, ES-102                    steps of the set point
``weiss_simserv``       Weiss and Vötsch with S!MPAC (SimServ)          gradient of the chamber
``ascii2``              Vötsch, Weiss, CTS with the ASCII-2 protocol    steps of the set point
``thermotron``          Thermotron 8800, 8200                           ramp of the chamber
``watlow_f4t``          Watlow F4T (TestEquity, CSZ, ESPEC)             ramp of the chamber
``binder``              Binder with MB1, MK 53                          steps of the set point
======================  ==============================================  ==========================

``chamber.py`` holds what is alike: limits, ramp, alarms, standby. ``controller.py`` says what a dialect must do.
"""
