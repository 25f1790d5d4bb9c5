#include "config.h"

#include "udpnat-contact.h"

/** udpnat_contact_new: somebody of whom nothing but the key is known */
UdpnatContact *
udpnat_contact_new (const UdpnatPublicKey *key)
{
  UdpnatContact *self = g_new0 (UdpnatContact, 1);

  self->key = *key;
  return self;
}

UdpnatContact *
udpnat_contact_copy (const UdpnatContact *self)
{
  UdpnatContact *copy = g_memdup2 (self, sizeof *self);

  copy->name = g_strdup (self->name);
  copy->server = g_strdup (self->server);
  copy->nickname = g_strdup (self->nickname);
  copy->draft = g_strdup (self->draft);
  copy->status = g_strdup (self->status);
  if (copy->avatar != NULL)
    g_bytes_ref (copy->avatar);
  return copy;
}

void
udpnat_contact_free (UdpnatContact *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->server);
  g_free (self->nickname);
  g_free (self->draft);
  g_free (self->status);
  g_clear_pointer (&self->avatar, g_bytes_unref);
  g_free (self);
}
