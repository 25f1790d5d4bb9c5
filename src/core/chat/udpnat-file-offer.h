#pragma once

#include "udpnat-item.h"

G_BEGIN_DECLS

#define UDPNAT_FILE_ROOT_BYTES 32

/**
 * UdpnatFileKind:
 * @UDPNAT_FILE_KIND_FILE: one file
 * @UDPNAT_FILE_KIND_FOLDER: a folder with all that is in it; its list is what is offered, and says
 *   what else there is (PROTOCOL.md section 21)
 */
typedef enum
{
  UDPNAT_FILE_KIND_FILE = 0,
  UDPNAT_FILE_KIND_FOLDER = 1,
} UdpnatFileKind;

/**
 * UdpnatFileOffer:
 * @size: bytes, of all files together; at most %UDPNAT_FILE_SIZE_MAX
 * @n_files: 1 for a file
 * @list_size: bytes of what @root is the root of: the file, or the folder's list
 * @root: of the tree of hashes of that
 * @name: valid UTF-8 without control characters and slashes, 1 to %UDPNAT_FILE_NAME_MAX_BYTES. It
 *   is the sender's: never the name of a file here as it is (udpnat-file-name.h)
 * @content_type: a MIME type, or ""
 * @width: of a picture, pixels; 0 when it is none or that is not known
 * @height: likewise
 * @thumbnail: (nullable): a PNG or JPEG of at most %UDPNAT_THUMBNAIL_MAX_BYTES, as the sender says
 *
 * What a FILE item says.
 */
typedef struct
{
  UdpnatFileKind  kind;
  guint64         size;
  guint32         n_files;
  guint64         list_size;
  guint8          root[UDPNAT_FILE_ROOT_BYTES];
  char           *name;
  char           *content_type;
  guint16         width, height;
  GBytes         *thumbnail;
} UdpnatFileOffer;

/* What a FILE-ANSWER says of an offer; the text of the item. Others may be added. */
#define UDPNAT_FILE_ANSWER_ACCEPTED "accepted"   /* by the receiver: it is going to be fetched */
#define UDPNAT_FILE_ANSWER_DECLINED "declined"   /* by the receiver */
#define UDPNAT_FILE_ANSWER_CANCELLED "cancelled" /* by either */
#define UDPNAT_FILE_ANSWER_DONE "done"           /* the receiver has all of it */
#define UDPNAT_FILE_ANSWER_CORRUPT "corrupt"     /* what the receiver got is not what was offered */

UdpnatFileOffer *udpnat_file_offer_copy     (const UdpnatFileOffer *self) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_file_offer_free     (UdpnatFileOffer       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileOffer, udpnat_file_offer_free)

UdpnatItem      *udpnat_item_new_file       (const UdpnatMessageId *id,
                                             gint64                 sent_us,
                                             const UdpnatFileOffer *offer)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatFileOffer *udpnat_file_offer_parse    (const guint8          *body,
                                             gsize                  n_body)
  G_GNUC_WARN_UNUSED_RESULT;
/**
 * UdpnatFilePart:
 * @target: the FILE that it is of
 * @place: where @data begins in it; it ends within %UDPNAT_FILE_MAIL_MAX_BYTES
 * @data: (array length=n_data): 1 to %UDPNAT_FILE_PART_BYTES; points into the item
 *
 * What a FILE-PART says.
 */
typedef struct
{
  UdpnatMessageId target;
  guint64         place;
  const guint8   *data;
  gsize           n_data;
} UdpnatFilePart;

UdpnatItem      *udpnat_item_new_file_part  (const UdpnatMessageId *id,
                                             gint64                 sent_us,
                                             const UdpnatFilePart  *part) G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_file_part_parse     (const guint8          *body,
                                             gsize                  n_body,
                                             UdpnatFilePart        *out_part)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_item_get_part       (const UdpnatItem      *self,
                                             UdpnatFilePart        *out_part);
UdpnatFileOffer *udpnat_item_dup_offer      (const UdpnatItem      *self) G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_file_answer_is_final (const char           *answer);

G_END_DECLS
