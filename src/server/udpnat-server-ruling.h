#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_SERVER_RULING_BLOCK,
  UDPNAT_SERVER_RULING_UNBLOCK, /* of a name: its release is undone, too */
  UDPNAT_SERVER_RULING_RELEASE, /* of a name only */
} UdpnatServerRulingKind;

/**
 * UdpnatServerRuling:
 * @name: (nullable): as udpnat_name_normalize() gives it; %NULL: it is about @key
 * @key: of RELEASE: whom the name is taken from
 *
 * What an operator has said about who may take part.
 */
typedef struct
{
  UdpnatServerRulingKind kind;
  const char            *name;
  UdpnatPublicKey        key;
} UdpnatServerRuling;

G_END_DECLS
