#include "config.h"

#include "udpnat-node-event.h"

static void
node_event_free (UdpnatEvent *base)
{
  UdpnatNodeEvent *self = (UdpnatNodeEvent *) base;

  g_free (self->name);
  udpnat_item_free (self->item);
  udpnat_file_event_free (self->file);
  g_free (self);
}

/**
 * udpnat_node_event_new:
 * @key: (nullable): copied
 * @name: (nullable): copied
 */
UdpnatNodeEvent *
udpnat_node_event_new (UdpnatNodeEventType    type,
                       const UdpnatPublicKey *key,
                       const char            *name)
{
  UdpnatNodeEvent *self = g_new0 (UdpnatNodeEvent, 1);

  self->base.type = type;
  self->base.free = node_event_free;
  if (key != NULL)
    self->key = *key;
  self->name = g_strdup (name);
  return self;
}
