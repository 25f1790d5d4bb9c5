#include "config.h"

#include "sim-probe.h"

#include <string.h>

struct _SimProbe
{
  UdpnatMachine machine;
  GQueue        outputs; /* UdpnatDatagram */
  GArray       *receipts;
  gboolean      echo;
  gint64        deadline_us;
  gint64        called_us;
  guint         n_calls;

  /* borrowed */
  SimHost *host;
};

static void
queue_output (SimProbe            *self,
              UdpnatSocketId       socket,
              guint8               ttl,
              const UdpnatAddress *to,
              const guint8        *data,
              gsize                n_data)
{
  UdpnatDatagram *datagram = g_new0 (UdpnatDatagram, 1);

  g_assert (n_data <= sizeof datagram->data);

  datagram->socket = socket;
  datagram->ttl = ttl;
  datagram->remote = *to;
  datagram->n_data = n_data;
  if (n_data > 0)
    memcpy (datagram->data, data, n_data);
  g_queue_push_tail (&self->outputs, datagram);
}

static UdpnatRxResult
handle_datagram (UdpnatMachine        *machine,
                 gint64                now_us,
                 const UdpnatDatagram *datagram)
{
  SimProbe *self = (SimProbe *) machine;
  SimProbeReceipt receipt = {
    .now_us = now_us,
    .socket = datagram->socket,
    .from = datagram->remote,
    .n_data = datagram->n_data,
  };

  if (datagram->n_data >= 4)
    receipt.number = (guint32) datagram->data[0] << 24 | (guint32) datagram->data[1] << 16 |
                     (guint32) datagram->data[2] << 8 | datagram->data[3];
  g_array_append_val (self->receipts, receipt);
  if (self->echo)
    queue_output (self, datagram->socket, 0, &datagram->remote, datagram->data, datagram->n_data);

  return UDPNAT_RX_OK;
}

static gint64
next_deadline (const UdpnatMachine *machine)
{
  return ((const SimProbe *) machine)->deadline_us;
}

static void
handle_deadline (UdpnatMachine *machine,
                 gint64         now_us)
{
  SimProbe *self = (SimProbe *) machine;

  self->deadline_us = UDPNAT_TIME_NEVER;
  self->called_us = now_us;
  self->n_calls++;
}

static gboolean
pop_output (UdpnatMachine  *machine,
            gint64          now_us,
            UdpnatDatagram *out_datagram)
{
  SimProbe *self = (SimProbe *) machine;
  g_autofree UdpnatDatagram *datagram = g_queue_pop_head (&self->outputs);

  if (datagram == NULL)
    return FALSE;

  *out_datagram = *datagram;

  return TRUE;
}

static UdpnatEvent *
pop_event (UdpnatMachine *machine)
{
  return NULL;
}

static const UdpnatMachineClass probe_class = {
  .handle_datagram = handle_datagram,
  .next_deadline = next_deadline,
  .handle_deadline = handle_deadline,
  .pop_output = pop_output,
  .pop_event = pop_event,
};

/**
 * sim_probe_new:
 * @host: (nullable): where to attach it at once; %NULL when the caller attaches its machine
 */
SimProbe *
sim_probe_new (SimHost *host,
               guint16  port,
               guint16  alt_port)
{
  SimProbe *self = g_new0 (SimProbe, 1);

  self->machine.klass = &probe_class;
  g_queue_init (&self->outputs);
  self->receipts = g_array_new (FALSE, FALSE, sizeof (SimProbeReceipt));
  self->deadline_us = UDPNAT_TIME_NEVER;
  self->host = host;
  if (host != NULL)
    sim_host_attach (host, &self->machine, port, alt_port, NULL, NULL);

  return self;
}

/* The world must not run any more, or the host must have been detached. */
void
sim_probe_free (SimProbe *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->outputs, g_free);
  g_array_unref (self->receipts);
  g_free (self);
}

UdpnatMachine *
sim_probe_get_machine (SimProbe *self)
{
  return &self->machine;
}

/**
 * sim_probe_send:
 * @number: for the first four bytes; the rest is zero
 * @n_data: at least 4
 *
 * Sends from the first port, with the usual TTL, as soon as the world runs.
 */
void
sim_probe_send (SimProbe            *self,
                const UdpnatAddress *to,
                guint32              number,
                gsize                n_data)
{
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES] = { 0 };

  g_assert (n_data >= 4);

  for (guint i = 0; i < 4; i++)
    data[i] = (guint8) (number >> (24 - 8 * i));
  sim_probe_send_full (self, UDPNAT_SOCKET_MAIN, 0, to, data, n_data);
}

void
sim_probe_send_full (SimProbe            *self,
                     UdpnatSocketId       socket,
                     guint8               ttl,
                     const UdpnatAddress *to,
                     const guint8        *data,
                     gsize                n_data)
{
  queue_output (self, socket, ttl, to, data, n_data);
  if (self->host != NULL)
    sim_world_wake (self->host);
}

/* Whether to send every datagram back to where it came from. */
void
sim_probe_set_echo (SimProbe *self,
                    gboolean  echo)
{
  self->echo = echo;
}

/* When to be called, once. */
void
sim_probe_set_deadline (SimProbe *self,
                        gint64    deadline_us)
{
  self->deadline_us = deadline_us;
  if (self->host != NULL)
    sim_world_wake (self->host);
}

guint
sim_probe_get_n_calls (const SimProbe *self)
{
  return self->n_calls;
}

/* When its deadline was last handled. */
gint64
sim_probe_get_called (const SimProbe *self)
{
  return self->called_us;
}

guint
sim_probe_get_count (const SimProbe *self)
{
  return self->receipts->len;
}

const SimProbeReceipt *
sim_probe_get_receipt (const SimProbe *self,
                       guint           index)
{
  g_assert (index < self->receipts->len);

  return &g_array_index (self->receipts, SimProbeReceipt, index);
}

const SimProbeReceipt *
sim_probe_get_last (const SimProbe *self)
{
  return sim_probe_get_receipt (self, self->receipts->len - 1);
}

void
sim_probe_clear (SimProbe *self)
{
  g_array_set_size (self->receipts, 0);
}
