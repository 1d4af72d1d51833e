using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>The result of a verification of the audit log.</summary>
/// <param name="Entries">The number of verified entries.</param>
/// <param name="First">The number of the first entry; 0 if there is none.</param>
/// <param name="Last">The number of the last entry.</param>
/// <param name="Problem">The first problem, with the entry's number; <see langword="null"/> if the log is valid.</param>
/// <param name="Code"><see cref="Altered"/> or <see cref="Cut"/>; <see langword="null"/> if the log is valid.</param>
public sealed record AuditVerification(long Entries, long First, long Last, string? Problem, string? Code = null)
{
    /// <summary>The code if an entry or an end of the log was altered.</summary>
    public const string Altered = "audit_altered";

    /// <summary>The code if the log does not contain the witness.</summary>
    public const string Cut = "audit_cut";

    const int Batch = 1000;

    internal static async Task<AuditVerification> RunAsync(ControlSession session, byte[] key, AuditHead? witness)
    {
        var anchor = await EndAsync(session, $"SELECT number, hash, signature FROM audit_anchor");
        var head = await EndAsync(session, $"SELECT number, hash, signature FROM audit_head");
        if (anchor is not var (start, former, anchorSignature) || !IsSigned(key, "anchor", start, former, anchorSignature))
        {
            return new(0, 0, 0, "the beginning of the log was altered: its signature is wrong", Altered);
        }

        if (head is not var (end, last, headSignature) || !IsSigned(key, "head", end, last, headSignature))
        {
            return new(0, 0, 0, "the end of the log was altered: its signature is wrong", Altered);
        }

        // A witness that was deleted by age needs no check: the signed start of the chain is after it.
        var isWitnessed = witness is null || start > witness.Number || IsSame(witness, start, former);
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
                isWitnessed = isWitnessed || IsSame(witness!, number, former);
            }

            if (entries.Count < Batch)
            {
                break;
            }
        }

        return number < end ? Broken(number + 1, "is missing")
            : number > end || !former.AsSpan().SequenceEqual(last) ? Broken(number, "is not the one that was written last")
            : isWitnessed ? Result(null, null)
            : Result(witness!.Number > number
                ? string.Create(CultureInfo.InvariantCulture, $"the log ends with entry {number}; it contained entry {witness.Number}")
                : string.Create(CultureInfo.InvariantCulture,
                    $"entry {witness.Number} is not the one that the log contained: its end was cut off and written anew, or it is another log"), Cut);

        AuditVerification Broken(long at, string problem) =>
            new(number - start, start + 1, number, string.Create(CultureInfo.InvariantCulture, $"entry {at} {problem}"), Altered);

        AuditVerification Result(string? problem, string? code) => new(number - start, number > start ? start + 1 : 0, number, problem, code);
    }

    static bool IsSame(AuditHead witness, long number, byte[] hash) => witness.Number == number && witness.Hash == Convert.ToHexStringLower(hash);

    static async Task<(long Number, byte[] Hash, byte[] Signature)?> EndAsync(ControlSession session, SqlStatement statement) =>
        await session.FirstAsync<(long, byte[], byte[])?>(statement, row => (row.Number(0), row.Bytes(1), row.Bytes(2)));

    static bool IsSigned(byte[] key, string end, long number, byte[] hash, byte[] signature) =>
        CryptographicOperations.FixedTimeEquals(AuditChain.Sign(key, end, number, hash), signature);
}
