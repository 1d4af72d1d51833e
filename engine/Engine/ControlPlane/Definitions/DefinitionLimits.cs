using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>Bounds the number and the size of definitions. A directory keeps all of them in memory.</summary>
/// <param name="PerStore">Maximum number in a store.</param>
/// <param name="Total">Maximum number in all stores.</param>
/// <param name="Bytes">Maximum size of one, as UTF-8 JSON.</param>
/// <param name="AllBytes">Maximum size of all together, in bytes.</param>
public sealed record DefinitionLimits(int PerStore, int Total, int Bytes, int AllBytes)
{
    /// <summary>Throws if a definition would exceed a limit.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="terms">The words and the code of a refusal.</param>
    /// <param name="rows">A table with the columns <c>store</c> and <c>bytes</c>, which has the current definitions.</param>
    /// <param name="same">The condition for the row that the definition replaces.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="isNew">Whether the definition replaces none.</param>
    /// <param name="bytes">The definition's size.</param>
    /// <exception cref="ControlRefusalException">A limit is exceeded.</exception>
    internal async Task EnsureAsync(ControlSession session, DefinitionTerms terms, SqlPart rows, SqlPart same, string store, bool isNew, int bytes)
    {
        var others = await session.NumberAsync($"SELECT SUM(bytes) FROM {rows} WHERE NOT ({same})") ?? 0;
        if (bytes > Bytes || others + bytes > AllBytes
            || (isNew && (await session.NumberAsync($"SELECT COUNT(*) FROM {rows} WHERE store = {store}") >= PerStore || await session.NumberAsync($"SELECT COUNT(*) FROM {rows}") >= Total)))
        {
            throw new ControlRefusalException(terms.TooMany,
                $"A {terms.Noun} has at most {Bytes} bytes, a store {PerStore} {terms.Noun}s, all stores {Total} with {AllBytes} bytes. Delete an unused one.");
        }
    }
}
