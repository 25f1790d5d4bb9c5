#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <string.h>

/* Wishes that go with HS1 (PROTOCOL.md section 7, "In the handshake"): the name that we come under
 * and what belongs to it. A server that knows us by that name, and finds nothing in the way, says
 * REGISTERED in HS2; any other says nothing of it, and the name is asked for in the stream.
 *
 * New keys of a session that is up ask for nothing: it has its name. An invitation is not spent in
 * a packet that anybody may repeat, and whoever was sent here by MOVE has to say so in order. */

static gboolean
may_ask (const UdpnatRendezvousClient *self)
{
  return self->name != NULL && !udpnat_rendezvous_client_is_up (self) && !self->has_invitation
         && !self->fleet.is_moved;
}

static void
write_message (UdpnatWriter     *frames,
               const GByteArray *message)
{
  if (!udpnat_frame_write_message (frames, message))
    g_assert_not_reached ();
}

/** udpnat_rendezvous_client_write_early: @frames: for the HS1 that is made now; has room */
void
udpnat_rendezvous_client_write_early (UdpnatRendezvousClient *self,
                                      UdpnatWriter           *frames)
{
  g_autoptr (GByteArray)  message = g_byte_array_new ();
  UdpnatRendezvousEarly  *early = &self->early;

  udpnat_rendezvous_client_forget_early (self);
  if (!may_ask (self))
    return;
  early->name = g_strdup (self->name);
  early->is_listed = self->is_listed;
  early->presence = self->presence;
  early->keepalive_s = udpnat_rendezvous_client_get_keepalive_s (self);
  udpnat_write_keepalive (message, early->keepalive_s);
  write_message (frames, message);
  g_byte_array_set_size (message, 0);
  udpnat_write_presence (message, early->presence);
  write_message (frames, message);
  g_byte_array_set_size (message, 0);
  udpnat_write_register (message, early->is_listed, early->name);
  write_message (frames, message);
}

/** udpnat_rendezvous_client_forget_early: HS2 is there, with an answer or without */
void
udpnat_rendezvous_client_forget_early (UdpnatRendezvousClient *self)
{
  g_clear_pointer (&self->early.name, g_free);
}

/** udpnat_rendezvous_client_take_early: @message: what the server has said in a frame, if it is
 * REGISTERED, and HS1 asked for it */
void
udpnat_rendezvous_client_take_early (UdpnatRendezvousClient  *self,
                                     const UdpnatMessageView *message)
{
  const UdpnatRendezvousEarly *early = &self->early;

  if (message->type != UDPNAT_CS_REGISTERED || early->name == NULL
      || !udpnat_rendezvous_client_handle_registered (self, self->now_us, message))
    return;
  self->keepalive_told_s = early->keepalive_s;
  self->is_presence_due = self->presence != early->presence;
  /* What is wished may be another thing by now. */
  self->is_register_due = self->name != NULL && (self->is_listed != early->is_listed
                                                 || strcmp (self->name, early->name) != 0);
  self->is_unregister_due = self->is_unregister_told = self->name == NULL;
}
