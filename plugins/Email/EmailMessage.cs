using System.Globalization;
using System.Text;
using CartRecovery.Contracts;
using MimeKit;
using MimeKit.Text;

namespace CartRecovery.Plugins;

/// <summary>
/// Builds an e-mail from an intervention. Its Message-ID is the intervention's id, the same on every try. Line ends and other control
/// characters are removed from header values, so that no value can add a header.
/// </summary>
/// <param name="from">The sender.</param>
/// <param name="replyTo">The address for replies, if it is not the sender's.</param>
/// <param name="time">The clock for the Date header.</param>
sealed class EmailMessage(MailboxAddress from, MailboxAddress? replyTo, TimeProvider time)
{
    static readonly IdnMapping s_domains = new() { AllowUnassigned = true };

    /// <summary>Creates the message; <see langword="null"/> if that is impossible, with the reason in <paramref name="problem"/>.</summary>
    public MimeMessage? Of(Intervention intervention, out string problem)
    {
        problem = "";
        if (intervention.Recipient?.Email is not { } address)
        {
            problem = "the recipient has no e-mail address";
        }
        else if (AddressOf(address) is null)
        {
            problem = "the e-mail address is malformed";
        }
        else if (string.IsNullOrWhiteSpace(intervention.Subject))
        {
            problem = "the campaign has no subject";
        }

        if (problem.Length > 0)
        {
            return null;
        }

        var message = new MimeMessage
        {
            MessageId = $"{intervention.Id}@{from.Domain}",
            Date = time.GetUtcNow(),
            Subject = OneLine(intervention.Subject!),
            Body = BodyOf(intervention),
        };
        message.From.Add(from);
        message.To.Add(AddressOf(intervention.Recipient!.Email!)!);
        if (replyTo is not null)
        {
            message.ReplyTo.Add(replyTo);
        }

        if (UnsubscribeOf(intervention) is { } unsubscribe)
        {
            message.Headers.Add("List-Unsubscribe", $"<{unsubscribe}>");
            message.Headers.Add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }

        return message;
    }

    /// <summary>
    /// Parses one bare address, local part and domain; <see langword="null"/> for any other text. Both spellings of an international domain are one:
    /// the address has the ASCII one, which every relay takes.
    /// </summary>
    public static MailboxAddress? AddressOf(string text)
    {
        if (text.Length > 254 || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '<' or '>' or ',' or ';')
            || text.LastIndexOf('@') is not (> 0 and var at) || AsciiOf(text[(at + 1)..]) is not { Length: > 0 } domain)
        {
            return null;
        }

        var address = $"{text[..at]}@{domain}";
        return MailboxAddress.TryParse(address, out var parsed) && parsed.LocalPart == text[..at] && AsciiOf(parsed.Domain) == domain
            ? new MailboxAddress("", address) : null;
    }

    // Lower case first: the mapping takes letters as they are.
    static string? AsciiOf(string domain)
    {
        if (Ascii.IsValid(domain))
        {
            return domain;
        }

        try
        {
            return s_domains.GetAscii(domain.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    static MimeEntity BodyOf(Intervention intervention)
    {
        var text = new TextPart(TextFormat.Plain);
        text.SetText(Encoding.UTF8, intervention.Message);
        if (intervention.Html is null)
        {
            return text;
        }

        var html = new TextPart(TextFormat.Html);
        html.SetText(Encoding.UTF8, intervention.Html);
        return new MultipartAlternative(text, html);
    }

    // RFC 8058 requires https; loopback is allowed for trials.
    static string? UnsubscribeOf(Intervention intervention) =>
        Uri.TryCreate(intervention.Links?.Unsubscribe, UriKind.Absolute, out var link)
        && (link.Scheme == Uri.UriSchemeHttps || (link.Scheme == Uri.UriSchemeHttp && link.IsLoopback))
            ? link.AbsoluteUri
            : null;

    static string OneLine(string text) =>
        string.Join(' ', new string([.. text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
