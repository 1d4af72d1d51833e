using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>The result of a verification of the audit log.</summary>
/// <param name="Entries">The number of entries verified.</param>
/// <param name="First">The first one's number; 0 if there is none.</param>
/// <param name="Last">The last one's number.</param>
/// <param name="Problem">What is wrong, with the entry's number; <see langword="null"/> if nothing is.</param>
public sealed record AuditVerification(long Entries, long First, long Last, string? Problem)
{
    const int Batch = 1000;

    internal static async Task<AuditVerification> RunAsync(ControlSession session, byte[] key)
    {
        var anchor = await EndAsync(session, $"SELECT number, hash, signature FROM audit_anchor");
        var head = await EndAsync(session, $"SELECT number, hash, signature FROM audit_head");
        if (anchor is not var (start, former, anchorSignature) || !IsSigned(key, "anchor", start, former, anchorSignature))
        {
            return new(0, 0, 0, "the beginning of the log was altered: its signature is wrong");
        }

        if (head is not var (end, last, headSignature) || !IsSigned(key, "head", end, last, headSignature))
        {
            return new(0, 0, 0, "the end of the log was altered: its signature is wrong");
        }

        var number = start;
        while (true)
        {
            var after = number;
            var entries = await session.ListAsync(
                $"SELECT number, at, actor, action, target, store, details, address, hash FROM audit WHERE number > {after} ORDER BY number LIMIT {Batch}", AuditLog.Read);
            foreach (var entry in entries)
            {
                if (entry.Number != number + 1)
                {
                    return Broken(number + 1, "is missing");
                }

                if (!AuditChain.HashOf(former, entry.Number, entry.At, entry.Event).AsSpan().SequenceEqual(entry.Hash))
                {
                    return Broken(entry.Number, "was altered, or one before it");
                }

                (number, former) = (entry.Number, entry.Hash);
            }

            if (entries.Count < Batch)
            {
                break;
            }
        }

        return number < end ? Broken(number + 1, "is missing")
            : number > end || !former.AsSpan().SequenceEqual(last) ? Broken(number, "is not the one that was written last")
            : new(number - start, number > start ? start + 1 : 0, number, null);

        AuditVerification Broken(long at, string problem) =>
            new(number - start, start + 1, number, string.Create(CultureInfo.InvariantCulture, $"entry {at} {problem}"));
    }

    static async Task<(long Number, byte[] Hash, byte[] Signature)?> EndAsync(ControlSession session, SqlStatement statement) =>
        await session.FirstAsync<(long, byte[], byte[])?>(statement, row => (row.Number(0), row.Bytes(1), row.Bytes(2)));

    static bool IsSigned(byte[] key, string end, long number, byte[] hash, byte[] signature) =>
        CryptographicOperations.FixedTimeEquals(AuditChain.Sign(key, end, number, hash), signature);
}
