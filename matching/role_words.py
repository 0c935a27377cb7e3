"""Words of local parts that name a function instead of a person, in the languages of business mail.

Latin spellings without diacritics, since local parts are written so; Cyrillic, Arabic and Persian words where
internationalized local parts (RFC 6531) use them.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Functions that are no names of people: enough at either end of a local part (`info-de`, `acme.support`).
ROLES = _words(
    """
    abuse hostmaster postmaster webmaster noc usenet uucp www ftp mailman majordomo listserv listmaster
    info infos support helpdesk servicedesk newsletter newsletters marketing billing accounting accounts
    invoice invoices invoicing payroll procurement purchasing recruiting recruitment recruiter careers
    career enquiries enquiry inquiries inquiry customerservice customercare customersupport
    customersuccess administration administrator administrators webadmin sysadmin itsupport privacy
    compliance legal gdpr dpo reservations reservation booking bookings reception receptionist frontdesk
    secretary secretariat feedback subscriptions orders shipping logistics warehouse webshop webinar
    webinars

    kontakt anfrage anfragen vertrieb verkauf einkauf buchhaltung rechnung rechnungen rechnungswesen
    bewerbung bewerbungen karriere personalabteilung sekretariat zentrale empfang kundenservice
    kundendienst kundenbetreuung presse bestellung bestellungen auftrag auftraege versand redaktion
    verwaltung geschaeftsleitung geschaeftsfuehrung datenschutz hilfe hotline kanzlei praxis buero

    accueil ventes facturation factures comptabilite compta recrutement serviceclient serviceclients
    relationclient commandes commande achats achat livraison renseignements candidature candidatures

    ventas contacto informacion soporte atencion atencionalcliente facturacion facturas administracion
    contabilidad recepcion rrhh compras pedidos reservas ayuda prensa empleo empleos clientes

    vendite assistenza amministrazione segreteria ordini commerciale fatturazione contabilita acquisti
    prenotazioni ufficio vendas contato suporte financeiro comercial atendimento faturamento cobranca
    verkoop inkoop boekhouding administratie klantenservice klantenservices facturen biuro sprzedaz
    handlowy ksiegowosc rekrutacja zamowienia reklamacje kadry bilgi destek satis muhasebe iletisim
    siparis musteri musterihizmetleri insankaynaklari kundtjanst faktura ekonomi myynti asiakaspalvelu
    laskutus salg regnskab obchod objednavky fakturace prodej

    zakaz zakazy prodazhi prodaji prodazha sbyt buh buhgalteria buhgalteriya buhgalter otdel priem
    priemnaya pochta sklad reklama zakupki snab snabzhenie podderzhka spravka kontora rezume vakansii

    hudaldaa borluulalt medeelel lavlah zahialga sanhuu nyagtlan

    forosh foroosh poshtibani poshtiban tadarokat tadarokaat hesabdari estekhdam daftar dabirkhane
    modiriat bazargani bazaryabi ravabetomomi ertebat

    mabiat mubiat khadamat istifsar tawzif

    инфо информация поддержка техподдержка
    продажи заказ бухгалтерия приемная почта борлуулалт мэдээлэл худалдаа فروش پشتیبانی
    اطلاعات حسابداری دبیرخانه معلومات مبيعات دعم
    """
)
#: Functions that are surnames, given names or common words too: only where nothing else looks like a person.
AMBIGUOUS_ROLES = _words(
    """
    admin admins adm sales sale contact contacts office offices hr jobs job help service services team
    press media finance order mail email post hello hi hey hallo bonjour hola ciao ask desk shop store pr
    it ict tech web news list lists everyone staff all company customers customer client clients member
    members membership partner partners events event community editor editors board group crew webstore
    academy school hotel travel visa export import quality training education research development dev
    devops engineering design studio production operations ops commercial rh drh dg sav vente conseil
    boutique magasin personal laden technik werkstatt labor trade trading lab kadr direktor director
    manager management ceo cfo cto coo ik ofis sklep firma kantor poczta assistance communication
    direction information informations mali root sac security tamga tender tendery
    """
)
#: Words beside a function that make no person of it.
QUALIFIERS = _words(
    """
    team group dept department desk center centre office eu emea apac mena latam us usa uk de at ch fr es
    it nl be pl ru ua ir iran mn mongolia ae uae sa ksa qa kw om bh iq eg tr cn jp kr in au ca br mx int
    intl international global europe asia africa america north south east west central regional local
    online web new main head public general technical tech customer customers client clients user users
    product products corporate company business partner vendor dealer retail wholesale b2b b2c b export
    import mail email inbox box the our your and und et y e of for do not service services support sales
    admin info manager management assistant
    """
)
#: Programs that send and never read: enough as the first or last word.
ROBOTS = _words(
    """
    notification notifications notify notifier notificaciones notificacion notificacoes benachrichtigung
    benachrichtigungen uvedomlenie uvedomleniya bildirim alerts automail automailer autoreply autoresponder
    automated autoinfo mdaemon bounce bounces unsubscribe undeliverable
    """
)
#: Programs whose word is a surname too: only as the first word.
AMBIGUOUS_ROBOTS = _words("alert daemon robot cron mailer")
