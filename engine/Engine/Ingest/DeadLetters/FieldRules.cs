namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Field names that are the native ones in another case, and those that other tools have for the same thing.</summary>
static class FieldRules
{
    const string Case = "field in another case", Alias = "alias of a field";

    // By the native name; the likelier ones first. Compared without case, underscores, hyphens and spaces. What may mean two things
    // (name, value, count, user_name) is not here, nor is what names a store: that is the key's to say.
    static readonly (string Native, string[] Aliases)[] s_fields =
    [
        ("id", ["eventid", "messageid", "uuid", "eventuuid"]),
        ("type", ["eventtype", "event", "eventname"]),
        ("cartId", ["cartid", "cart", "basketid", "basket", "carttoken", "checkoutid"]),
        ("userId", ["userid", "customerid", "user", "customer"]),
        ("sessionId", ["sessionid", "session"]),
        ("productId", ["productid", "sku", "itemid", "productsku", "product"]),
        ("quantity", ["quantity", "qty"]),
        ("price", ["price", "unitprice", "itemprice", "productprice", "amount"]),
        ("currency", ["currency", "currencycode"]),
        ("ts", ["ts", "timestamp", "time", "eventtime", "createdat", "occurredat", "sentat", "datetime"]),
    ];

    /// <summary>Gives fields their native names, where there is no field of that name.</summary>
    public static void Rename(EventDraft draft)
    {
        foreach (var (native, aliases) in s_fields)
        {
            if (draft.Has(native))
            {
                continue;
            }

            var found = draft.Fields.Find(field => IsCandidate(field) && field.Name.Equals(native, StringComparison.OrdinalIgnoreCase));
            if (found is not null)
            {
                draft.Rename(found, native, Case);
                continue;
            }

            found = aliases.Select(alias => draft.Fields.Find(field => IsCandidate(field) && Plain(field.Name) == alias && Means(draft, alias)))
                .FirstOrDefault(field => field is not null);
            if (found is not null)
            {
                draft.Rename(found, native, Alias);
            }
        }
    }

    /// <summary>A name without case, underscores, hyphens, dots and spaces.</summary>
    public static string Plain(string name) =>
        string.Concat(name.Where(c => c is not ('_' or '-' or '.') && !char.IsWhiteSpace(c))).ToLowerInvariant();

    static bool IsCandidate(DraftField field) => !field.IsEmpty && (field.IsText || field.IsNumber) && !IsNative(field.Name);

    static bool IsNative(string name) => s_fields.Any(field => field.Native == name);

    // An amount is the price of one piece only where there is but one.
    static bool Means(EventDraft draft, string alias) =>
        alias != "amount" || draft.Fields.TrueForAll(field => Plain(field.Name) is not ("quantity" or "qty") || (field.Text?.Trim() ?? field.Json) == "1");
}
