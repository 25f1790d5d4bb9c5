#include "config.h"

#include "udpnat-rendezvous-server-private.h"

/* Where a client is. Its address follows its newest authentic packet, since NATs change ports
 * (PROTOCOL.md section 10); but whoever has a session could put another's address as source and
 * have the server send there. So a new address has to answer a PATH-CHALLENGE first, and until then
 * it is sent no more bytes than came from it. A tunnel needs no proof: its connection is one. */

static void
send_challenge (UdpnatServerClient *self,
                gint64              now_us)
{
  guint8       frames[64];
  UdpnatWriter writer;

  if (self->credit_bytes < UDPNAT_DATA_MIN_BYTES)
    return;
  /* The address is told along with it if there is credit for so much. */
  udpnat_writer_init (&writer, frames,
                      MIN (sizeof frames, (gsize) self->credit_bytes - UDPNAT_DATA_MIN_BYTES));
  if (!udpnat_frame_write_path_challenge (&writer, self->token))
    return;
  if (udpnat_frame_write_observed (&writer, &self->address))
    self->is_address_told = TRUE;
  (void) udpnat_server_client_send_frames (self, now_us, frames, writer.n_written);
}

/**
 * udpnat_server_client_note_source:
 * @datagram: an authentic DATA, just handled
 * @number: its packet number
 */
void
udpnat_server_client_note_source (UdpnatServerClient   *self,
                                  gint64                now_us,
                                  const UdpnatDatagram *datagram,
                                  guint64               number)
{
  if (self->has_number && number <= self->newest_number)
    return;
  self->has_number = TRUE;
  self->newest_number = number;
  if (!udpnat_address_equal (&datagram->remote, &self->address))
    {
      self->address = datagram->remote;
      /* Nobody else can have sent through a connection, and its end is told to nobody. */
      self->is_proven = self->is_address_told = udpnat_address_is_tunnel (&datagram->remote);
      self->credit_bytes = 0;
      self->token = udpnat_random_u64 (&self->server->config.random);
    }
  if (self->is_proven)
    return;
  self->credit_bytes += datagram->n_data;
  send_challenge (self, now_us);
}

/**
 * udpnat_server_client_handle_response: PATH-RESPONSE: does it prove the address that we send
 * to? */
void
udpnat_server_client_handle_response (UdpnatServerClient    *self,
                                      gint64                 now_us,
                                      const UdpnatAddress   *source,
                                      const UdpnatFrameView *frame)
{
  guint8        frames[UDPNAT_FRAME_HEADER_BYTES + UDPNAT_ADDRESS_WIRE_BYTES];
  UdpnatAddress observed;
  UdpnatWriter  writer;
  guint64       token;

  if (self->is_proven || !udpnat_frame_parse_path_response (frame, &token, &observed)
      || token != self->token || !udpnat_address_equal (source, &self->address))
    return;
  self->is_proven = TRUE;
  if (self->is_address_told)
    return;
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_observed (&writer, &self->address))
    g_assert_not_reached ();
  self->is_address_told = udpnat_server_client_send_frames (self, now_us, frames, writer.n_written);
}

/**
 * udpnat_server_client_may_send: Returns: whether so many bytes may go to the client's address;
 * they are accounted for */
gboolean
udpnat_server_client_may_send (UdpnatServerClient *self,
                               gsize               n_data)
{
  if (self->is_proven)
    return TRUE;
  if (self->credit_bytes < (gint64) n_data)
    return FALSE;
  self->credit_bytes -= (gint64) n_data;
  return TRUE;
}
