using System.Globalization;
using System.Text;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>Recognises e-mail addresses, and compares those of international domains: both spellings of a domain are one. Thread-safe.</summary>
public static class EmailText
{
    const int MaxLength = 320;

    // Underscores and the like, which DNS allows, are in domains that need no mapping.
    static readonly IdnMapping s_domains = new() { AllowUnassigned = true };

    /// <summary>Returns an address without the blanks around it; <see langword="null"/> if it is none.</summary>
    public static string? Parse(string? text)
    {
        text = text?.Trim(' ');
        return text is { Length: <= MaxLength } && text.LastIndexOf('@') is > 0 and var at && at == text.IndexOf('@', StringComparison.Ordinal) && at < text.Length - 1
            && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '<' or '>' or ',' or ';') && ToAscii(text[(at + 1)..]) is not null
            ? text : null;
    }

    /// <summary>Returns the form by which an address is compared: in lower case, its domain in ASCII (<c>xn--…</c>).</summary>
    public static string Fold(string address)
    {
        var lower = address.ToLowerInvariant();
        return Ascii.IsValid(lower) ? lower : WithDomain(lower, ToAscii);
    }

    /// <summary>Returns the folded address with its domain in letters; the same if the domain is ASCII either way.</summary>
    public static string InLetters(string folded) => folded.Contains("xn--", StringComparison.Ordinal) ? WithDomain(folded, ToLetters) : folded;

    static string WithDomain(string address, Func<string, string?> map) =>
        address.LastIndexOf('@') is > 0 and var at && map(address[(at + 1)..]) is { } domain ? $"{address[..at]}@{domain}" : address;

    // Lower case first: the mapping takes letters as they are.
    static string? ToAscii(string domain)
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

    static string? ToLetters(string domain)
    {
        try
        {
            return s_domains.GetUnicode(domain);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
