#pragma once

#include "udpnat-contact.h"
#include "udpnat-history-item.h"

G_BEGIN_DECLS

#define SEED_OWN_NAME "alice"
#define SEED_LINES_MAX 32

/**
 * SeedLine:
 * @back: for what is about another line: so many lines before this one
 * @is_read: the user has seen everything up to here
 *
 * One thing that was said.
 */
typedef struct
{
  gint64          minutes_ago;
  gboolean        is_mine;
  const char     *text; /* NULL: the end */
  UdpnatItemType  type;
  guint           back;
  UdpnatItemState state;
  const char     *reason;
  gboolean        is_read;
} SeedLine;

/**
 * SeedFriend:
 * @folder: name of the friend's own profile folder
 * @is_abroad: registered at another server, which alice remembers by a key that it has not
 *
 * Somebody, and the conversation with them.
 */
typedef struct
{
  const char     *folder; /* NULL: the end */
  const char     *name;
  const char     *nickname;
  UdpnatRelation  relation;
  gboolean        is_verified;
  gboolean        is_pinned;
  gboolean        is_muted;
  gboolean        is_abroad;
  const char     *draft;
  const SeedLine *lines;
} SeedFriend;

const SeedFriend *seed_demo_get_friends (void);

G_END_DECLS
