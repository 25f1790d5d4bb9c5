#pragma once

#include "udpnat-directory-kind.h"
#include "udpnat-rendezvous-message.h"

G_BEGIN_DECLS

/* Code of PAGE. Read it as guint8. */
typedef enum
{
  UDPNAT_PAGE_LAST = 0,    /* nothing comes behind it */
  UDPNAT_PAGE_MORE = 1,    /* something does */
  UDPNAT_PAGE_PRIVATE = 2, /* this server tells no names */
  UDPNAT_PAGE_LATER = 3,   /* asked too often */
} UdpnatPageCode;

/* Code of WATCHED. Read it as guint8. */
typedef enum
{
  UDPNAT_WATCHED_ALL = 0,   /* all has been told */
  UDPNAT_WATCHED_LATER = 1, /* some keys were left out: too many, or said too often */
} UdpnatWatchedCode;

/* Flags of WATCH. */
#define UDPNAT_WATCH_REPLACE 1 /* none but these */
#define UDPNAT_WATCH_REMOVE 2  /* these no more */

/**
 * UdpnatWatchMessage:
 * @flags: %UDPNAT_WATCH_REPLACE, %UDPNAT_WATCH_REMOVE; others are ignored
 * @keys: (array length=n_keys): borrowed, 32 bytes each
 */
typedef struct
{
  guint8        flags;
  const guint8 *keys;
  guint         n_keys;
} UdpnatWatchMessage;

/**
 * UdpnatListMessage:
 * @prefix: owned; "" for all names
 * @after: owned; the last name of the page before; "" for the first page
 */
typedef struct
{
  guint32 request;
  guint8  n_max;
  char   *prefix;
  char   *after;
} UdpnatListMessage;

void     udpnat_list_message_clear (UdpnatListMessage          *self);

/* Writers append one whole message. */
void     udpnat_write_watch        (GByteArray                 *out,
                                    const UdpnatWatchMessage   *watch);
void     udpnat_write_watched      (GByteArray                 *out,
                                    guint8                      code,
                                    guint32                     n_watched);
void     udpnat_write_directory    (GByteArray                 *out,
                                    guint8                      kind);
void     udpnat_write_list         (GByteArray                 *out,
                                    guint32                     request,
                                    guint8                      n_max,
                                    const char                 *prefix,
                                    const char                 *after);
void     udpnat_write_page         (GByteArray                 *out,
                                    guint32                     request,
                                    guint8                      code,
                                    const UdpnatDirectoryEntry *entries,
                                    guint                       n_entries);

/* Parsers as those of udpnat-rendezvous-message.h. */
gboolean udpnat_parse_watch        (const UdpnatMessageView    *message,
                                    UdpnatWatchMessage         *out_watch)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_watched      (const UdpnatMessageView    *message,
                                    guint8                     *out_code,
                                    guint32                    *out_n_watched)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_directory    (const UdpnatMessageView    *message,
                                    guint8                     *out_kind)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_list         (const UdpnatMessageView    *message,
                                    UdpnatListMessage          *out_list)
  G_GNUC_WARN_UNUSED_RESULT;
GArray  *udpnat_parse_page         (const UdpnatMessageView    *message,
                                    guint32                    *out_request,
                                    guint8                     *out_code)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UdpnatListMessage, udpnat_list_message_clear)

G_END_DECLS
