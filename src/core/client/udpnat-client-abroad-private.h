#pragma once

#include "udpnat-client.h"
#include "udpnat-node-event.h"

G_BEGIN_DECLS

/* udpnat-client-abroad.c */
void          udpnat_client_handle_abroad_wanted (UdpnatClient     *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_handle_abroad_key (UdpnatClient        *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_handle_abroad_changed (UdpnatClient    *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_note_place      (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             const char            *name);
void          udpnat_client_restore_place   (UdpnatClient          *self,
                                             UdpnatPerson          *person);
void          udpnat_client_tell_address    (UdpnatClient          *self,
                                             UdpnatPerson          *person);
void          udpnat_client_retell_address  (UdpnatClient          *self);
void          udpnat_client_take_address    (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             const UdpnatItem      *item);

G_END_DECLS
