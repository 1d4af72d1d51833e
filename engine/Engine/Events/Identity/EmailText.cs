using System.Globalization;
using System.Text;
using CartRecovery.Primitives.Unicode;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Recognises e-mail addresses that mail can be sent to (RFC 5321, RFC 6531), and compares them: all spellings of one are one. Thread-safe.
/// </summary>
public static class EmailText
{
    // Of what is typed; and of what SMTP carries: a local part, and an address.
    const int MaxTyped = 512, MaxLocal = 64, MaxLength = 254;
    const string Scheme = "mailto:";

    // A line break is none: who sends one means more than an address.
    static readonly char[] s_blanks = [' ', '\t'];

    /// <summary>
    /// Returns an address as it is sent to: composed, without blanks around it, <c>mailto:</c>, needless quotes and a dot at the end.
    /// <see langword="null"/> if mail can be sent to no such address.
    /// </summary>
    public static string? Parse(string? text)
    {
        if (text is not { Length: <= MaxTyped })
        {
            return null;
        }

        text = WithoutScheme(NormalText.Compose(text).Trim(s_blanks));
        var at = text.LastIndexOf('@');
        if (at <= 0)
        {
            return null;
        }

        var local = Unquoted(text[..at]);
        var domain = text[(at + 1)..].Replace('\u3002', '.');
        domain = domain is [.. var name, '.'] ? name : domain;
        return IsLocal(local) && !domain.EndsWith('.') && DomainName.ToAscii(domain) is { } ascii
            && Encoding.UTF8.GetByteCount(local) + 1 + ascii.Length <= MaxLength ? $"{local}@{domain}" : null;
    }

    /// <summary>Returns the form by which an address is compared: in lower case, its domain in ASCII (<c>xn--…</c>).</summary>
    public static string Fold(string address)
    {
        var lower = NormalText.Compose((Parse(address) ?? address).ToLowerInvariant());
        return WithDomain(lower, domain => DomainName.ToAscii(domain) ?? DomainName.Fold(domain));
    }

    /// <summary>
    /// Returns the spellings that earlier versions took for other addresses: with the domain in letters, and with letters and marks apart.
    /// </summary>
    /// <param name="folded">A folded address.</param>
    public static IEnumerable<string> FormerSpellings(string folded)
    {
        var letters = InLetters(folded);
        var apart = NormalText.Decompose(letters);
        return new[] { letters, WithDomain(apart, FormerDomain) }.Where(spelling => spelling != folded);
    }

    /// <summary>Returns the folded address with its domain in letters; the same if the domain is ASCII either way.</summary>
    public static string InLetters(string folded) => WithDomain(folded, DomainName.ToLetters);

    static string WithoutScheme(string text) =>
        text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? NormalText.Compose(Uri.UnescapeDataString(text[Scheme.Length..].Split('?')[0])).Trim(s_blanks) : text;

    // "jo"@… is jo@….
    static string Unquoted(string local) => local is ['"', .. var inner, '"'] ? inner : local;

    static bool IsLocal(string local) => local.Length > 0 && Encoding.UTF8.GetByteCount(local) <= MaxLocal
        && local.EnumerateRunes().All(IsLocal);

    static bool IsLocal(Rune rune) =>
        !Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune) && !DomainName.IsInvisible(rune) && rune != Rune.ReplacementChar
        && !(rune.IsAscii && "<>()[],;:@\"\\".Contains((char)rune.Value, StringComparison.Ordinal));

    static string WithDomain(string address, Func<string, string> map) =>
        address.LastIndexOf('@') is > 0 and var at ? $"{address[..at]}@{map(address[(at + 1)..])}" : address;

    static string FormerDomain(string domain)
    {
        try
        {
            return Ascii.IsValid(domain) ? domain : new IdnMapping { AllowUnassigned = true }.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }
}
