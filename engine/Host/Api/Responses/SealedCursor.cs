using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Host.Api.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Responses;

/// <summary>
/// A position in a list as clients see it: opaque, and valid for the list and the store that it was made for. It holds nothing but the position,
/// and every list reads its caller's store alone; the seal keeps a cursor of one list from passing for one of another.
/// </summary>
static class SealedCursor
{
    const char Separator = '.';

    /// <summary>Seals a position for the request's list and store.</summary>
    public static string? Seal(HttpContext context, string? position) =>
        position is null ? null : SealerOf(context)(position);

    /// <summary>Returns what seals many positions for the request's list and store, on any thread.</summary>
    public static Func<string, string> SealerOf(HttpContext context)
    {
        var (subject, signer) = (SubjectOf(context), SignerOf(context));
        return position => $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(position))}{Separator}{signer.TagOf($"{subject} {position}")}";
    }

    /// <summary>Returns the position in a cursor; <see langword="null"/> if it was not made for this list and store.</summary>
    public static string? Open(HttpContext context, string cursor)
    {
        var end = cursor.IndexOf(Separator, StringComparison.Ordinal);
        if (end < 0 || !Base64Url.IsValid(cursor.AsSpan(0, end)))
        {
            return null;
        }

        var position = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor.AsSpan(0, end)));
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(TagOf(context, position)), Encoding.UTF8.GetBytes(cursor[(end + 1)..])) ? position : null;
    }

    static string TagOf(HttpContext context, string position) => SignerOf(context).TagOf($"{SubjectOf(context)} {position}");

    static LinkSigner SignerOf(HttpContext context) => context.RequestServices.GetRequiredService<IJourneyOptionsProvider>().JourneyOptions.Signer;

    static string SubjectOf(HttpContext context) =>
        $"cursor {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText} {Caller.Of(context)?.Store.Id}";
}
