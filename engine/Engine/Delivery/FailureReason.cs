using CartRecovery.Contracts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// Makes a sink's error safe to log: one short line without personal data. A plugin's exception may quote the receiver's response, so ids
/// and addresses of the affected interventions, and anything that looks like an e-mail address, are masked.
/// </summary>
static class FailureReason
{
    const int MaxLength = 200;
    const int MinMaskedLength = 4;
    const string Mask = "***";

    public static string Of(Exception exception, IReadOnlyList<Intervention> about) =>
        Clean($"{exception.GetType().Name}: {exception.Message}", about);

    public static string Clean(string reason, IReadOnlyList<Intervention> about)
    {
        foreach (var intervention in about)
        {
            reason = Without(reason, intervention.UserId);
            reason = Without(reason, intervention.CartId);
            reason = Without(reason, intervention.SessionId);
            reason = Without(reason, intervention.Recipient?.Email);
            reason = intervention.Recipient?.Phone is { } phone ? PhoneDigits.Replace(reason, phone, Mask) : reason;
            reason = Without(reason, intervention.Recipient?.PushToken);
        }

        var words = reason.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].Contains('@', StringComparison.Ordinal))
            {
                words[i] = Mask;
            }
        }

        var line = string.Join(' ', words);
        if (line.Length > MaxLength)
        {
            line = string.Concat(line.AsSpan(0, MaxLength), "…");
        }

        return string.Create(line.Length, line, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) ? ' ' : from[i];
            }
        });
    }

    // A very short id would mask parts of ordinary words, and identifies nobody by itself.
    static string Without(string reason, string? id) =>
        id is { Length: >= MinMaskedLength } ? reason.Replace(id, Mask, StringComparison.OrdinalIgnoreCase) : reason;
}
