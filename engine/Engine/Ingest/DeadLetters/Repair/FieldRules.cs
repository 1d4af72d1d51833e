namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>Maps field names in another case, and other tools' names for the same field, to the native names.</summary>
static class FieldRules
{
    const string Case = "field in another case", Alias = "alias of a field";

    // By native name, likelier aliases first. Compared without case, underscores, hyphens and spaces. Ambiguous names (name, value,
    // count, user_name) are left out, as are names of a store, which the key determines.
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

    /// <summary>Renames fields to their native names unless a field of that name exists.</summary>
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

            found = aliases.Select(
                alias => draft.Fields.Find(field => IsCandidate(field) && Plain(field.Name) == alias && Means(draft, alias)))
                .FirstOrDefault(field => field is not null);
            if (found is not null)
            {
                draft.Rename(found, native, Alias);
            }
        }
    }

    /// <summary>Normalises a name: lower case, without underscores, hyphens, dots and spaces.</summary>
    public static string Plain(string name) =>
        string.Concat(name.Where(c => c is not ('_' or '-' or '.') && !char.IsWhiteSpace(c))).ToLowerInvariant();

    static bool IsCandidate(DraftField field) => !field.IsEmpty && (field.IsText || field.IsNumber) && !IsNative(field.Name);

    static bool IsNative(string name) => s_fields.Any(field => field.Native == name);

    // An amount is the unit price only if the quantity is one.
    static bool Means(EventDraft draft, string alias) =>
        alias != "amount" || draft.Fields.TrueForAll(
            field => Plain(field.Name) is not ("quantity" or "qty") || (field.Text?.Trim() ?? field.Json) == "1");
}
