"""Notices of failure as mail systems write them, each with what it says: data of our own, in the forms of the programs.

Of each: name, From, Subject, text, [(recipient, status, category)], and whether the mail is only late.
"""

from __future__ import annotations

from typing import NamedTuple


class Written(NamedTuple):
    """One notice and its meaning."""

    name: str
    sender: str
    subject: str
    text: str
    told: list[tuple[str, str | None, str]]
    is_delay: bool = False


NOTICES = [
    Written(
        "qmail",
        "MAILER-DAEMON@mx.shop.example",
        "failure notice",
        "Hi. This is the qmail-send program at mx.shop.example.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<jo@shop.example>:\nSorry, "
        "no mailbox here by that name. (#5.1.1)\n\n"
        "<eve@far.example>:\n192.0.2.7 failed after I sent the message.\nRemote host said: 552 5.2.2 Over "
        "quota\n\n--- Below this line is a copy of the message.\n\n"
        "Return-Path: <ann@acme.example>\nReceived: (qmail 1 invoked from network); 1 Mar 2026 10:00:00 "
        "-0000\nFrom: ann@acme.example\nTo: jo@shop.example\n\nHello",
        [("jo@shop.example", "5.1.1", "bad_address"), ("eve@far.example", "5.2.2", "mailbox_full")],
    ),
    Written(
        "Exim",
        "Mailer-Daemon@mx.acme.example",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could "
        "not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n  jo@shop.example\n    "
        "SMTP error from remote mail server after RCPT TO:<jo@shop.example>:\n"
        "    host mx.shop.example [192.0.2.9]: 550 5.1.1 <jo@shop.example>: User unknown\n  "
        "eve@nowhere.example\n    Unrouteable address\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\nReturn-path: "
        "<ann@acme.example>\nFrom: ann@acme.example\nTo: jo@shop.example\n\nHello",
        [("jo@shop.example", "5.1.1", "bad_address"), ("eve@nowhere.example", None, "bad_address")],
    ),
    Written(
        "Exim, late",
        "Mailer-Daemon@mx.acme.example",
        "Warning: message 1abcDE-0000 delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not "
        "yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on "
        "mx.acme.example.\n\n"
        "The address to which the message has not yet been delivered is:\n\n  jo@shop.example\n    Delay "
        "reason: connection timed out\n\nNo action is required on your part. Delivery attempts will continue "
        "for\nsome time.",
        [("jo@shop.example", None, "temporary")],
        True,
    ),
    Written(
        "sendmail",
        "MAILER-DAEMON@mx.acme.example",
        "Returned mail: see transcript for details",
        "The original message was received at Mon, 2 Mar 2026 10:00:00 GMT\nfrom localhost [127.0.0.1]\n\n   "
        "----- The following addresses had permanent fatal errors -----\n<jo@shop.example>\n"
        "    (reason: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example)\n\n   "
        "----- Transcript of session follows -----\n... while talking to mx.shop.example.:\n>>> MAIL "
        "From:<ann@acme.example>\n"
        "<<< 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example\n554 5.0.0 "
        "Service unavailable",
        [("jo@shop.example", "5.7.1", "refused")],
    ),
    Written(
        "Postfix",
        "MAILER-DAEMON@mx.acme.example",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.acme.example.\n\nI'm sorry to have to inform you that your "
        "message could not\nbe delivered to one or more recipients. It's attached below.\n\n"
        "For further assistance, please send mail to <postmaster@mx.acme.example>\n\n                   The "
        "mail system\n\n<jo@shop.example>: host mx.shop.example[192.0.2.9] said: 550 5.1.1\n"
        "    <jo@shop.example>: Recipient address rejected: User unknown in local recipient\n    table (in "
        "reply to RCPT TO command)",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "Courier",
        '"Courier mail server at mx.shop.example" <@mx.shop.example>',
        "NOTICE: mail delivery status.",
        "This is a delivery status notification from mx.shop.example,\nrunning the Courier mail server, "
        "version 0.65.\n\nThe original message was received on Mon, 02 Mar 2026 10:00:00 +0000\nfrom "
        "mx.acme.example (mx.acme.example [192.0.2.1])\n\n"
        "---------------------------------------------------------------------------\n\n                     "
        "      UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n"
        "<jo@shop.example>:\n    mx.shop.example [192.0.2.9]:\n"
        ">>> RCPT TO:<jo@shop.example>\n<<< 550 5.1.1 <jo@shop.example>... User Unknown",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "Gmail of old",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "Delivery to the following recipient failed permanently:\n\n     jo@shop.example\n\nTechnical "
        "details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the "
        "server for the recipient domain shop.example by mx.shop.example. [192.0.2.9].\n\n"
        "The error that the other server returned was:\n550 5.2.1 The email account that you tried to reach "
        "is disabled.\n\n----- Original message -----\n\nFrom: ann@acme.example\nTo: jo@shop.example",
        [("jo@shop.example", "5.2.1", "suspended")],
    ),
    Written(
        "Gmail",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "\n** Address not found **\n\nYour message wasn't delivered to jo@shop.example because the address "
        "couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n550 5.1.1 The email "
        "account that you tried to reach does not exist.",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "Gmail, late",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Delay)",
        "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to "
        "jo@shop.example. Gmail will retry for 46 more hours. You'll be notified if the delivery fails "
        "permanently.\n\nThe response was:\n\nThe recipient server did not accept our requests to connect.",
        [("jo@shop.example", None, "temporary")],
        True,
    ),
    Written(
        "Exchange 5.5",
        "System Administrator <postmaster@shop.example>",
        "Undeliverable: Offer",
        "Your message\n\n  To:      ann@acme.example\n  Subject: Offer\n  Sent:    Mon, 2 Mar 2026 10:00:00 "
        "-0000\n\ndid not reach the following recipient(s):\n\njo@shop.example on Mon, 2 Mar 2026 10:00:05 "
        "-0000\n    The recipient name is not recognized\n"
        "\tThe MTS-ID of the original message is: c=us;a= ;p=shop;l=MX0123\n    MSEXCH:IMS:SHOP:HQ:MX 0 "
        "(000C05A6) Unknown Recipient",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "Exchange 2007",
        "postmaster@shop.example",
        "Undeliverable: Offer",
        "Delivery has failed to these recipients or distribution lists:\n\n"
        "jo@shop.example<mailto:jo@shop.example>\nThe recipient's mailbox is full and can't accept messages "
        "now. Please try resending this message later.\n\n"
        "Diagnostic information for administrators:\n\nGenerating server: mx.shop.example\n\n"
        "jo@shop.example\n#550 5.2.2 STOREDRV.Deliver: mailbox full ##",
        [("jo@shop.example", "5.2.2", "mailbox_full")],
    ),
    Written(
        "Lotus Domino",
        "Postmaster@shop.example",
        "DELIVERY FAILURE: User jo (jo@shop.example) not listed in Domino Directory",
        "Your message\n\n  Subject: Offer\n\nwas not delivered to:\n\n  jo@shop.example\n\nbecause:\n\n  "
        "User jo (jo@shop.example) not listed in Domino Directory",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "Lotus Notes",
        "Postmaster@shop.example",
        "DELIVERY FAILURE: User not listed in public Name & Address Book",
        "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\n"
        "jo@shop.example\n\n------- Returned Message --------\n\nFrom: ann@acme.example",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "MailMarshal",
        "mail.administrator@shop.example",
        'Undeliverable Mail: "Offer"',
        "Your message:\n   From:    ann@acme.example\n   Subject: Offer\nCould not be delivered because of\n"
        "\n550 5.1.1 User unknown\n\nThe following recipients were affected: \n    jo@shop.example",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "SurfControl",
        "postmaster@acme.example",
        "Message delivery failed",
        "Your message could not be sent.\nA transcript of the attempts to send the message follows.\nThe "
        "number of attempts made: 1\nAddressed To: jo@shop.example\n\nMon 2 Mar 2026 10:00:00 +0000\nFailed "
        "to send to identified host,\n"
        "jo@shop.example: [192.0.2.9], 550 jo@shop.example... No such user\n--- Message non-deliverable.",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "Zoho",
        "mailer-daemon@mail.zoho.example",
        "Undelivered Mail Returned to Sender",
        "This message was created automatically by mail delivery software.\n A message that you sent could "
        "not be delivered to one or more of its recipients. This is a permanent error.\n\njo@shop.example "
        "Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <jo@shop.example>... User Unknown",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "GMX",
        "mailer-daemon@gmx.example",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could "
        "not be delivered to\none or more of its recipients. This is a permanent error.\n\nThe following "
        'address\nfailed:\n\n"jo@shop.example":\nSMTP error from remote server after RCPT command:\nhost: '
        "mx.shop.example\n5.1.1 <jo@shop.example>... User Unknown\n\n\n--- The header of the original "
        "message is following. ---\n\nFrom: ann@acme.example\nTo: jo@shop.example",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "Yahoo",
        "MAILER-DAEMON@yahoo.example",
        "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n<jo@shop.example>:\n"
        "Remote host said: 554 delivery error: dd This user doesn't have a shop.example account "
        "(jo@shop.example) [0] - mta1.example [RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n"
        "Received: from [192.0.2.1]",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "X6",
        "MAILER-DAEMON@mx.acme.example",
        "There was an error sending your mail",
        "We had trouble delivering your message. Full details follow:\n\nSubject: 'Offer'\nDate: 'Mon, 2 Mar "
        "2026 10:00:00 +0000'\n\n1 error(s):\n\nSMTP Server <mx.shop.example> rejected recipient "
        "<jo@shop.example> \n  (Error following RCPT command). It responded as follows: [550 5.1.1 User "
        "unknown]",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "MXLogic",
        "MAILER-DAEMON@mx.shop.example",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could "
        "not be delivered to one or more of its\nrecipients. This is a permanent error. The following "
        "address(es) failed:\n\n  <jo@shop.example>: 550 5.1.1 User Unknown\n\nIncluded is a copy of the "
        "message header:\n-----------------------------------------\nReceived: from mx.acme.example",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "Activehunter",
        "MAILER-DAEMON@mx.shop.example",
        "FAILURE NOTICE :",
        "   ----- The following addresses had permanent fatal errors -----\n\n>>> jo@shop.example "
        "<jo@shop.example>\n\n   ----- Transcript of session follows -----\n550 sorry, no mailbox here by "
        "that name (#5.1.1 - chkusr)",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "Biglobe",
        "postmaster@biglobe.example",
        "Returned mail: Sender",
        "The original message was received at Mon, 2 Mar 2026 19:00:00 +0900\n\n   ----- The following "
        "addresses had delivery problems -----\njo@shop.example\n\n   ----- Non-delivered information -----\n"
        "The number of messages in recipient's mailbox exceeded the local limit.",
        [("jo@shop.example", None, "mailbox_full")],
    ),
    Written(
        "TrendMicro",
        "Mail Administrator <postmaster@shop.example>",
        "Mail could not be delivered",
        "****** Message from InterScan Messaging Security Suite ******\n\nSent >>> RCPT "
        "TO:<jo@shop.example>\nReceived <<< 550 5.1.1 User unknown\n\nUnable to deliver message to "
        "<jo@shop.example>.\n\n************************     End of message     **********************",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "GroupWise",
        "postmaster@shop.example",
        "Message status - undeliverable",
        "The message that you sent was undeliverable to the following:\n\tjo@shop.example (mailbox is full)\n"
        "\nPossibly truncated original message follows:\n\nReceived: from mx.acme.example",
        [("jo@shop.example", None, "mailbox_full")],
    ),
    Written(
        "MDaemon",
        "MDaemon@shop.example",
        "Warning: jo@shop.example - User unknown!",
        "----------------------------------------------------------------------\njo@shop.example - no such "
        "user here.\n\nThere is no user by that name at this server.\n\n: Message contains [1] file "
        "attachments",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "OpenSMTPD",
        "Mailer Daemon <MAILER-DAEMON@mx.acme.example>",
        "Delivery status notification: error",
        "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has "
        "occurred while attempting to deliver a message for\n    the following list of recipients:\n\n"
        "jo@shop.example: 550 5.2.2 <jo@shop.example>... Mailbox Full\n\n    Below is a copy of the original "
        "message:\n\nReceived: from localhost",
        [("jo@shop.example", "5.2.2", "mailbox_full")],
    ),
    Written(
        "web.de",
        "mailer-daemon@web.example",
        "Mail delivery failed: returning message to sender",
        "Diese Nachricht wurde automatisch vom Mail-System erzeugt.\n\nIhre Nachricht konnte nicht "
        "zugestellt werden an:\n\njo@shop.example\n\nGrund: Das Postfach des Empfängers ist voll.",
        [("jo@shop.example", None, "mailbox_full")],
    ),
    Written(
        "Mail.ru",
        "mailer-daemon@corp.mail.example",
        "Ваше сообщение не доставлено. Mail failure.",
        "Это письмо создано автоматически сервером Mail.example, отвечать на него не нужно.\n\nК сожалению, "
        "Ваше письмо не может быть доставлено одному или нескольким получателям:\n\njo@shop.example\n"
        "указанный адрес не существует (user not found)",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "Chinese",
        "PostMaster@qq.example",
        "系统退信",
        "尊敬的用户，您好！\n\n很抱歉您的邮件未送达以下收件人：\n\n收件人：jo@shop.example\n\n"
        "退信原因：收件人邮箱已满。",
        [("jo@shop.example", None, "mailbox_full")],
    ),
    Written(
        "Japanese",
        "MAILER-DAEMON@mx.shop.example",
        "メールエラー通知",
        "以下のメールアドレスへの送信に失敗しました。\n\njo@shop.example\n\n"
        "宛先のメールアドレスが見つかりませんでした。",
        [("jo@shop.example", None, "bad_address")],
    ),
    Written(
        "French",
        "postmaster@shop.example",
        "Non remis : Offre",
        "Votre message n'a pas pu être remis aux destinataires suivants :\n\njo@shop.example\n\nLa boîte aux "
        "lettres du destinataire est pleine.",
        [("jo@shop.example", None, "mailbox_full")],
    ),
    Written(
        "Persian",
        "mailer-daemon@shop.example",
        "ارسال ناموفق: پیشنهاد",
        "پیام شما به گیرنده زیر تحویل داده نشد:\n\njo@shop.example\n\n550 5.1.1 user unknown",
        [("jo@shop.example", "5.1.1", "bad_address")],
    ),
    Written(
        "too large",
        "MAILER-DAEMON@mx.shop.example",
        "Undeliverable mail",
        "Your message was not delivered to:\n\njo@shop.example\n\n552 5.3.4 Message size exceeds fixed limit",
        [("jo@shop.example", "5.3.4", "content")],
    ),
    Written(
        "virus",
        "MAILER-DAEMON@mx.shop.example",
        "Undeliverable mail",
        "Your message could not be delivered to jo@shop.example:\n\n554 5.7.1 Message contains a virus: Eicar-Test",
        [("jo@shop.example", "5.7.1", "content")],
    ),
]
