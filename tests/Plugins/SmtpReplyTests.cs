using CartRecovery.Plugins;
using MailKit.Net.Smtp;

namespace CartRecovery.Tests.Plugins;

sealed class SmtpReplyTests
{
    [TestCase(550, "5.1.1", SmtpFault.Address)]
    [TestCase(550, "5.1.2", SmtpFault.Address)]
    [TestCase(553, "5.1.3", SmtpFault.Address)]
    [TestCase(550, "5.1.6", SmtpFault.Address)]
    [TestCase(556, "5.1.10", SmtpFault.Address)]
    [TestCase(556, "", SmtpFault.Address)]
    [TestCase(550, "5.7.17", SmtpFault.Address)]
    [TestCase(550, "5.7.18", SmtpFault.Address)]
    [TestCase(550, "5.1.0", SmtpFault.Mailbox)]
    [TestCase(550, "5.1.4", SmtpFault.Mailbox)]
    [TestCase(550, "5.2.0", SmtpFault.Mailbox)]
    [TestCase(550, "5.2.1", SmtpFault.Mailbox)]
    [TestCase(552, "5.2.2", SmtpFault.Mailbox)]
    [TestCase(550, "5.4.4", SmtpFault.Mailbox)]
    [TestCase(550, "", SmtpFault.Mailbox)]
    [TestCase(551, "", SmtpFault.Mailbox)]
    [TestCase(552, "", SmtpFault.Mailbox)]
    [TestCase(553, "", SmtpFault.Mailbox)]
    [TestCase(554, "", SmtpFault.Mailbox)]
    [TestCase(552, "5.2.3", SmtpFault.Message)]
    [TestCase(552, "5.3.4", SmtpFault.Message)]
    [TestCase(554, "5.6.0", SmtpFault.Message)]
    [TestCase(550, "5.6.7", SmtpFault.Message)]
    [TestCase(501, "5.5.4", SmtpFault.Message)]
    [TestCase(550, "5.1.7", SmtpFault.Sender)]
    [TestCase(550, "5.1.8", SmtpFault.Sender)]
    [TestCase(550, "5.3.0", SmtpFault.Sender)]
    [TestCase(550, "5.3.2", SmtpFault.Sender)]
    [TestCase(503, "5.5.1", SmtpFault.Sender)]
    [TestCase(554, "5.7.1", SmtpFault.Policy)]
    [TestCase(550, "5.7.2", SmtpFault.Policy)]
    [TestCase(550, "5.7.133", SmtpFault.Policy)]
    [TestCase(550, "5.7.26", SmtpFault.Sender)]
    [TestCase(535, "5.7.8", SmtpFault.Sender)]
    [TestCase(530, "", SmtpFault.Sender)]
    [TestCase(521, "", SmtpFault.Sender)]
    [TestCase(502, "", SmtpFault.Sender)]
    [TestCase(450, "4.7.1", SmtpFault.Temporary)]
    [TestCase(451, "", SmtpFault.Temporary)]
    [TestCase(452, "4.2.2", SmtpFault.Temporary)]
    public void A_recipients_refusal_is_classified_by_its_code(int status, string enhanced, object fault) =>
        Assert.That(Reply(SmtpErrorCode.RecipientNotAccepted, status, enhanced).Fault, Is.EqualTo(fault));

    [TestCase(550, "", SmtpFault.Sender)]
    [TestCase(550, "5.1.8", SmtpFault.Sender)]
    [TestCase(550, "5.1.1", SmtpFault.Sender)]
    [TestCase(552, "5.3.4", SmtpFault.Message)]
    [TestCase(451, "4.1.8", SmtpFault.Temporary)]
    public void A_senders_refusal_is_never_the_recipients(int status, string enhanced, object fault) =>
        Assert.That(Reply(SmtpErrorCode.SenderNotAccepted, status, enhanced).Fault, Is.EqualTo(fault));

    [TestCase(550, "", SmtpFault.Message)]
    [TestCase(554, "", SmtpFault.Message)]
    [TestCase(550, "5.1.1", SmtpFault.Address)]
    [TestCase(552, "5.2.2", SmtpFault.Mailbox)]
    [TestCase(550, "5.7.1", SmtpFault.Sender)]
    public void A_messages_refusal_is_classified_by_its_code(int status, string enhanced, object fault) =>
        Assert.That(Reply(SmtpErrorCode.MessageNotAccepted, status, enhanced).Fault, Is.EqualTo(fault));

    [TestCase("5.1.1 <a@b.example>: no such user", "5.1.1")]
    [TestCase("5.7.26\r\nmore", "5.7.26")]
    [TestCase("10.0.0.1 is listed", "")]
    [TestCase("5.1 no", "")]
    [TestCase("5.1234.1 no", "")]
    [TestCase("5.1.x no", "")]
    [TestCase("", "")]
    public void An_enhanced_code_is_read_only_where_there_is_one(string text, string enhanced) =>
        Assert.That(SmtpReply.Of(new SmtpCommandException(SmtpErrorCode.RecipientNotAccepted, SmtpStatusCode.MailboxUnavailable, text)).Enhanced, Is.EqualTo(enhanced));

    static SmtpReply Reply(SmtpErrorCode command, int status, string enhanced) =>
        SmtpReply.Of(new SmtpCommandException(command, (SmtpStatusCode)status, $"{enhanced} some text".TrimStart()));
}
