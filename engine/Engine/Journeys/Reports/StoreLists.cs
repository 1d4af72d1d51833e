using CartRecovery.Contracts;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Lists what a shop has told the engine: its products and the addresses that get no messages.</summary>
public static class StoreLists
{
    /// <summary>Returns products and, as products of their own, their variants, by id. A variant has what it lacks from its product.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="text">Part of the name or the id; <see langword="null"/> for all.</param>
    /// <param name="stock"><c>in</c>, <c>out</c> or <c>unknown</c>; <see langword="null"/> for all.</param>
    /// <param name="after">The id and the variant after which to begin; empty for the first.</param>
    /// <param name="limit">Maximum number to return.</param>
    public static ReportTable Products(JourneyReports reports, string storeId, string? text, string? stock, (string Id, string Variant) after, int limit) => reports.Table($"""
        SELECT * FROM (
            SELECT p.id AS id, coalesce(p.name, b.name) AS name, coalesce(p.url, b.url), coalesce(p.image, b.image), coalesce(p.price, b.price)/10000.0,
                coalesce(p.stock, b.stock) AS stock, p.variant AS variant
            FROM product p LEFT JOIN product b ON b.store=p.store AND b.product=p.base WHERE p.store=?1 AND (p.id, coalesce(p.variant, ''))>(?2, ?3))
        WHERE (?4 IS NULL OR instr(lower(coalesce(name, '')), lower(?4))>0 OR instr(lower(id), lower(?4))>0) AND {Stock(stock)}
        ORDER BY id, coalesce(variant, '') LIMIT ?5
        """, ["id", "name", "url", "image", "price", "stock", "variant"], rows => rows.With(storeId).With(after.Id).With(after.Variant).With(text).With((long)limit));

    /// <summary>Returns suppressed addresses, the latest first. An address of which only a key is stored is null.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="kind">The kind of address; <see langword="null"/> for all.</param>
    /// <param name="reason">The reason; <see langword="null"/> for all.</param>
    /// <param name="period">When it was suppressed (ms since 1970 UTC).</param>
    /// <param name="skip">Number of the latest to skip.</param>
    /// <param name="limit">Maximum number to return.</param>
    public static ReportTable Suppressions(
        JourneyReports reports, string storeId, AddressKind? kind, string? reason, (long From, long Before) period, int skip, int limit) => reports.Table($"""
        SELECT CASE address WHEN {AddressKind.Email:D} THEN 'email' WHEN {AddressKind.Phone:D} THEN 'sms' ELSE 'push' END, value, reason, at FROM suppression
        WHERE store=?1 AND (?2 IS NULL OR address=?2) AND (?3 IS NULL OR reason=?3) AND at>=?4 AND at<?5 ORDER BY at DESC, address, value LIMIT ?6 OFFSET ?7
        """, ["channel", "address", "reason", "suppressedAt"],
        rows => rows.With(storeId).With((long?)kind).With(reason).With(period.From).With(period.Before).With((long)limit).With((long)skip));

    static string Stock(string? stock) => stock switch
    {
        "in" => "stock>0",
        "out" => "stock=0",
        "unknown" => "stock IS NULL",
        _ => "1",
    };
}
