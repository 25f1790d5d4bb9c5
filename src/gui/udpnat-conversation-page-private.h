#pragma once

#include "udpnat-banner.h"
#include "udpnat-composer.h"
#include "udpnat-conversation-page.h"
#include "udpnat-message-list.h"
#include "udpnat-person-avatar.h"
#include "udpnat-search-bar.h"

G_BEGIN_DECLS

struct _UdpnatConversationPage
{
  GtkBox             parent_instance;

  GtkWidget         *header;
  GtkWidget         *title_button;
  UdpnatPersonAvatar *avatar;
  GtkLabel          *title;
  GtkLabel          *subtitle;
  GtkWidget         *verified;
  GtkWidget         *back_button;
  GtkWidget         *menu_button;
  AdwToastOverlay   *toasts;
  GtkStack          *pages;
  UdpnatSearchBar   *search;
  UdpnatBanner      *banner;
  UdpnatMessageList *list;
  GtkRevealer       *typing_revealer;
  GtkLabel          *typing;
  UdpnatComposer    *composer;

  UdpnatClient      *client;
  UdpnatPerson      *person; /* nullable: nobody */
  GSignalGroup      *person_signals;
  guint              path_id;
  GSettings         *settings; /* nullable */
  GtkNativeDialog   *chooser;  /* nullable: where to save */
};

/* udpnat-conversation-page-actions.c */
void udpnat_conversation_page_install_actions (GtkWidgetClass         *widget_class);
void udpnat_conversation_page_refresh_actions (UdpnatConversationPage *self);

/* udpnat-conversation-page-banner.c */
void udpnat_conversation_page_refresh_banner  (UdpnatConversationPage *self);

/* udpnat-conversation-page-save.c */
void udpnat_conversation_page_save            (UdpnatConversationPage *self);

/* udpnat-conversation-page.c */
void udpnat_conversation_page_ask_details     (UdpnatConversationPage *self);
void udpnat_conversation_page_ask_person      (UdpnatConversationPage *self,
                                               UdpnatPerson           *person);

G_END_DECLS
