#pragma once

#include "udpnat-history.h"
#include "udpnat-message-list.h"
#include "udpnat-message-row.h"

G_BEGIN_DECLS

typedef struct
{
  UdpnatHistoryItem *line; /* owned */
  char              *id;   /* nullable: of the text that was sent in its place */
  char              *path; /* nullable: likewise, of the file */
} UdpnatMessageRetry;

struct _UdpnatMessageList
{
  AdwBin             parent_instance;

  GtkWidget         *overlay;
  GtkScrolledWindow *scroller;
  GtkListView       *view;
  AdwStatusPage     *empty_page;
  GtkRevealer       *jump_revealer;
  GtkWidget         *jump_button;
  GtkLabel          *jump_label;
  GtkWidget         *tools;
  GtkWidget         *react_tool;
  GtkWidget         *more_tool;

  UdpnatClient      *client;        /* nullable: until it is set */
  UdpnatPerson      *person;        /* nullable: nobody */
  UdpnatHistory     *history;       /* nullable, as person */
  GSignalGroup      *client_signals;
  GSignalGroup      *person_signals;
  GSignalGroup      *history_signals;

  /* where the view is: udpnat-message-list-scroll.c */
  gboolean           is_at_end;
  gboolean           wants_end;     /* to be done in the next frame */
  gboolean           wants_focus;   /* as wants_end: the newest row is to have the focus */
  gint64             fresh_number;  /* a line of theirs that has come at the end, 0: none */
  gint64             wanted_number; /* as wants_end: a line to go to, 0: none */
  guint              wanted_step;   /* how many frames ago one of them began */
  guint              tick_id;
  guint              read_id;
  guint              n_new;         /* lines of theirs that have come below */
  gint64             read_number;   /* what was last marked as read */
  gint64             hit_number;    /* the line that is marked, 0: none */

  /* what is done with a message: udpnat-message-list-actions.c */
  GtkWidget         *popover;       /* nullable, child */
  GtkWidget         *focus_before;  /* nullable, weak: had the focus before the popover */
  UdpnatMessageRow  *pointed_row;   /* nullable, borrowed: below the pointer */
  GPtrArray         *retries;       /* of UdpnatMessageRetry */
  GSettings         *settings;      /* nullable: the window's */
  GtkNativeDialog   *chooser;       /* nullable: where a file is to go */
};

/* udpnat-message-list.c */
UdpnatMessageRow  *udpnat_message_list_get_row_of      (UdpnatMessageList *self,
                                                        GtkWidget         *widget);
UdpnatMessageRow  *udpnat_message_list_get_row_at      (UdpnatMessageList *self,
                                                        double             x,
                                                        double             y);
UdpnatMessageRow  *udpnat_message_list_get_focused_row (UdpnatMessageList *self);
void               udpnat_message_list_foreach_row     (UdpnatMessageList *self,
                                                        void (*func) (UdpnatMessageRow *row,
                                                                      gpointer          user_data),
                                                        gpointer           user_data);
UdpnatHistoryItem *udpnat_message_list_dup_line        (UdpnatMessageList *self,
                                                        gint64             number);
void               udpnat_message_list_fail            (UdpnatMessageList *self,
                                                        const char        *sentence);
void               udpnat_message_list_ask_reply       (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_ask_edit        (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);

/* udpnat-message-list-scroll.c */
void               udpnat_message_list_watch_scrolling (UdpnatMessageList *self);
void               udpnat_message_list_queue_tick      (UdpnatMessageList *self);
void               udpnat_message_list_stop_scrolling  (UdpnatMessageList *self);
UdpnatMessageRow  *udpnat_message_list_get_lowest_seen (UdpnatMessageList *self);
GtkWidget         *udpnat_message_list_find_row        (UdpnatMessageList *self,
                                                        gint64             number);
void               udpnat_message_list_queue_read      (UdpnatMessageList *self);
void               udpnat_message_list_note_line       (UdpnatMessageList *self,
                                                        UdpnatHistoryRow  *row);

/* udpnat-message-list-actions.c */
void               udpnat_message_list_install_actions (GtkWidgetClass    *widget_class);
void               udpnat_message_list_note_saved      (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_note_not_sent   (UdpnatMessageList *self,
                                                        UdpnatPerson      *person,
                                                        const char        *path,
                                                        const char        *words);
void               udpnat_message_retry_free           (UdpnatMessageRetry *retry);

/* udpnat-message-list-files.c */
void               udpnat_message_list_accept_file     (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_accept_file_in  (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_decline_file    (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_pause_file      (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_resume_file     (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_cancel_file     (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_open_file       (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);
void               udpnat_message_list_show_file       (UdpnatMessageList *self,
                                                        UdpnatHistoryItem *line);

/* udpnat-message-list-menu.c */
void               udpnat_message_list_watch_pointer   (UdpnatMessageList *self);
void               udpnat_message_list_show_menu       (UdpnatMessageList *self,
                                                        UdpnatMessageRow  *row,
                                                        GtkWidget         *at);
void               udpnat_message_list_show_reactions  (UdpnatMessageList *self,
                                                        UdpnatMessageRow  *row,
                                                        GtkWidget         *at);
void               udpnat_message_list_hide_tools      (UdpnatMessageList *self);
gboolean           udpnat_message_list_place_tools     (UdpnatMessageList *self,
                                                        GdkRectangle      *allocation);

G_END_DECLS
