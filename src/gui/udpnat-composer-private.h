#pragma once

#include "udpnat-attachment-tray.h"
#include "udpnat-composer.h"
#include "udpnat-quote-block.h"

G_BEGIN_DECLS

/**
 * UdpnatComposerTask:
 * @UDPNAT_COMPOSER_TASK_WRITE: something new
 * @UDPNAT_COMPOSER_TASK_REPLY: an answer to a line
 * @UDPNAT_COMPOSER_TASK_EDIT: a line of ours is being changed
 */
typedef enum
{
  UDPNAT_COMPOSER_TASK_WRITE,
  UDPNAT_COMPOSER_TASK_REPLY,
  UDPNAT_COMPOSER_TASK_EDIT,
} UdpnatComposerTask;

struct _UdpnatComposer
{
  AdwBin              parent_instance;

  GtkRevealer        *about_revealer;
  GtkImage           *about_icon;
  UdpnatQuoteBlock   *about;
  GtkWidget          *about_button;
  UdpnatAttachmentTray *tray;
  GtkRevealer        *trouble_revealer;
  GtkLabel           *trouble;
  GtkTextView        *view;
  GtkTextBuffer      *buffer; /* borrowed: of view */
  GtkWidget          *hint;
  GtkMenuButton      *emoji_button;
  GtkWidget          *send_button;

  UdpnatClient       *client; /* nullable: until it is set up */
  GSettings          *settings;
  UdpnatPerson       *person; /* nullable: nobody */
  GSignalGroup       *client_signals;

  UdpnatComposerTask  task;
  UdpnatHistoryItem  *line;   /* nullable: what is answered or changed */
  char               *stash;  /* nullable: what was typed before a change began */
  gboolean            has_preedit;
  gboolean            is_loading;  /* the text is set by us, not by the user */

  GtkNativeDialog    *chooser; /* nullable: while it is open */
  GPtrArray          *unsaved; /* what was said and is not known to be on the disk */
  guint               draft_id;
  guint               scroll_id;
  guint               focus_id;
  guint               typing_id; /* not 0: the person was told that we write */
};

/* udpnat-composer.c */
char *udpnat_composer_dup_text     (UdpnatComposer *self);
void  udpnat_composer_set_text     (UdpnatComposer *self,
                                    const char     *text);
void  udpnat_composer_show_trouble (UdpnatComposer *self,
                                    const char     *sentence);
void  udpnat_composer_leave_task   (UdpnatComposer *self);
void  udpnat_composer_tell_sent    (UdpnatComposer *self);

/* udpnat-composer-send.c */
void  udpnat_composer_send         (UdpnatComposer *self);
void  udpnat_composer_watch_disk   (UdpnatComposer *self);
gboolean udpnat_composer_check     (UdpnatComposer *self);

/* udpnat-composer-files.c */
gboolean udpnat_composer_has_files (UdpnatComposer *self);
void  udpnat_composer_send_files   (UdpnatComposer *self);
void  udpnat_composer_watch_files  (UdpnatComposer *self);
void  udpnat_composer_give_back_file (UdpnatComposer *self,
                                    UdpnatPerson   *person,
                                    const char     *sentence);

/* udpnat-composer-attach.c */
void  udpnat_composer_watch_clipboard (UdpnatComposer *self);

/* udpnat-composer-draft.c */
void  udpnat_composer_note_typed   (UdpnatComposer *self);
void  udpnat_composer_save_draft   (UdpnatComposer *self);
void  udpnat_composer_stop_typing  (UdpnatComposer *self);

G_END_DECLS
