#include "config.h"

#include "udpnat-access.h"

#include <string.h>

#include "udpnat-name.h"

/* What the operator of a server has said about keys and names. Only the operator, and invitations
 * that they have made, add anything here; still keys are chosen by strangers, hence balanced trees.
 * Names are compared as the registry compares them: folded.
 *
 * It neither stores anything nor does anything about whoever is there now. */

typedef struct
{
  gboolean is_allowed;
  gboolean is_listed;
  gboolean is_blocked;
} Key;

typedef struct
{
  gboolean        is_listed; /* whoever comes first under it is let in */
  gboolean        is_blocked;
  gboolean        has_denied;
  UdpnatPublicKey denied; /* it was taken from them, so that somebody else may have it */
} Name;

struct _UdpnatAccess
{
  GTree *keys;  /* UdpnatPublicKey -> Key, both owned */
  GTree *names; /* folded -> Name, both owned */
};

static int
compare_names (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  return strcmp (a, b);
}

UdpnatAccess *
udpnat_access_new (void)
{
  UdpnatAccess *self = g_new0 (UdpnatAccess, 1);

  self->keys = g_tree_new_full (udpnat_public_key_compare_data, NULL, g_free, g_free);
  self->names = g_tree_new_full (compare_names, NULL, g_free, g_free);
  return self;
}

void
udpnat_access_free (UdpnatAccess *self)
{
  if (self == NULL)
    return;
  g_tree_unref (self->names);
  g_tree_unref (self->keys);
  g_free (self);
}

/* ---- Tables ---- */

static const Key *
find_key (const UdpnatAccess    *self,
          const UdpnatPublicKey *key)
{
  return g_tree_lookup (self->keys, key);
}

static Key *
ensure_key (UdpnatAccess          *self,
            const UdpnatPublicKey *key)
{
  Key *known = g_tree_lookup (self->keys, key);

  if (known != NULL)
    return known;
  known = g_new0 (Key, 1);
  g_tree_insert (self->keys, g_memdup2 (key, sizeof *key), known);
  return known;
}

static void
drop_empty_key (UdpnatAccess          *self,
                const UdpnatPublicKey *key)
{
  const Key *known = find_key (self, key);

  if (!known->is_allowed && !known->is_listed && !known->is_blocked)
    g_tree_remove (self->keys, key);
}

/* Returns: (nullable) */
static const Name *
find_name (const UdpnatAccess *self,
           const char         *name)
{
  g_autofree char *folded = NULL;

  if (g_tree_nnodes (self->names) == 0)
    return NULL;
  folded = udpnat_name_fold (name);
  return g_tree_lookup (self->names, folded);
}

static Name *
ensure_name (UdpnatAccess *self,
             const char   *name)
{
  char *folded = udpnat_name_fold (name);
  Name *known = g_tree_lookup (self->names, folded);

  if (known != NULL)
    {
      g_free (folded);
      return known;
    }
  known = g_new0 (Name, 1);
  g_tree_insert (self->names, folded, known);
  return known;
}

static void
drop_empty_name (UdpnatAccess *self,
                 const char   *name)
{
  g_autofree char *folded = udpnat_name_fold (name);
  const Name      *known = g_tree_lookup (self->names, folded);

  if (!known->is_listed && !known->is_blocked && !known->has_denied)
    g_tree_remove (self->names, folded);
}

/* ---- Let in ---- */

/** udpnat_access_set_key_allowed: by invitation, whatever the list says */
void
udpnat_access_set_key_allowed (UdpnatAccess          *self,
                               const UdpnatPublicKey *key,
                               gboolean               is_allowed)
{
  ensure_key (self, key)->is_allowed = is_allowed;
  drop_empty_key (self, key);
}

gboolean
udpnat_access_is_key_allowed (const UdpnatAccess    *self,
                              const UdpnatPublicKey *key)
{
  const Key *known = find_key (self, key);

  return known != NULL && (known->is_allowed || known->is_listed);
}

/** udpnat_access_list_key: it stands in the operator's list */
void
udpnat_access_list_key (UdpnatAccess          *self,
                        const UdpnatPublicKey *key)
{
  ensure_key (self, key)->is_listed = TRUE;
}

/** udpnat_access_list_name: likewise: whoever comes first under @name is let in */
void
udpnat_access_list_name (UdpnatAccess *self,
                         const char   *name)
{
  ensure_name (self, name)->is_listed = TRUE;
}

gboolean
udpnat_access_is_name_listed (const UdpnatAccess *self,
                              const char         *name)
{
  const Name *known = find_name (self, name);

  return known != NULL && known->is_listed;
}

static gboolean
unlist_key (gpointer key,
            gpointer value,
            gpointer user_data)
{
  Key *known = value;

  known->is_listed = FALSE;
  return FALSE;
}

static gboolean
unlist_name (gpointer folded,
             gpointer value,
             gpointer user_data)
{
  Name *known = value;

  known->is_listed = FALSE;
  return FALSE;
}

/** udpnat_access_clear_list: nothing stands in it: another one follows. Entries that say nothing
 * any more stay, since most are in the next list, too */
void
udpnat_access_clear_list (UdpnatAccess *self)
{
  g_tree_foreach (self->keys, unlist_key, NULL);
  g_tree_foreach (self->names, unlist_name, NULL);
}

/* ---- Kept out ---- */

void
udpnat_access_set_key_blocked (UdpnatAccess          *self,
                               const UdpnatPublicKey *key,
                               gboolean               is_blocked)
{
  ensure_key (self, key)->is_blocked = is_blocked;
  drop_empty_key (self, key);
}

gboolean
udpnat_access_is_key_blocked (const UdpnatAccess    *self,
                              const UdpnatPublicKey *key)
{
  const Key *known = find_key (self, key);

  return known != NULL && known->is_blocked;
}

void
udpnat_access_set_name_blocked (UdpnatAccess *self,
                                const char   *name,
                                gboolean      is_blocked)
{
  ensure_name (self, name)->is_blocked = is_blocked;
  drop_empty_name (self, name);
}

gboolean
udpnat_access_is_name_blocked (const UdpnatAccess *self,
                               const char         *name)
{
  const Name *known = find_name (self, name);

  return known != NULL && known->is_blocked;
}

/** udpnat_access_set_name_denied: @key: (nullable): who may not have @name again; %NULL: nobody */
void
udpnat_access_set_name_denied (UdpnatAccess          *self,
                               const char            *name,
                               const UdpnatPublicKey *key)
{
  Name *known = ensure_name (self, name);

  known->has_denied = key != NULL;
  if (key != NULL)
    known->denied = *key;
  drop_empty_name (self, name);
}

gboolean
udpnat_access_is_name_denied (const UdpnatAccess    *self,
                              const char            *name,
                              const UdpnatPublicKey *key)
{
  const Name *known = find_name (self, name);

  return known != NULL && known->has_denied && udpnat_public_key_equal (&known->denied, key);
}
