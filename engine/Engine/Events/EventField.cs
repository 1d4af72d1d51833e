namespace CartRecovery.Engine.Events;

/// <summary>The fields of the native event that the engine reads; all others become <c>meta</c>.</summary>
enum EventField : byte
{
    Other,
    Id,
    CartId,
    UserId,
    SessionId,
    ProductId,
    Type,
    StoreId,
    Quantity,
    Price,
    Currency,
    Timestamp,
    Meta,
    Device,
    Source,
    Category,
    CartSecret,
    SentAt,
    Items,
    Value,
    Order,
    Variant,
}

static class EventFields
{
    static readonly string[] s_names =
    [
        "", "id", "cartId", "userId", "sessionId", "productId", "type", "storeId", "quantity", "price", "currency", "ts", "meta", "device",
        "source", "category", "cartSecret", "sentAt", "items", "value", "orderId", "variant",
    ];

    /// <summary>Whether the field is kept with the event's meta, read or not.</summary>
    public static bool IsKept(EventField field) => field is EventField.Other or EventField.Device or EventField.Source or EventField.Category or >= EventField.Items;

    public static string NameOf(EventField field) => s_names[(int)field];

    public static EventField Parse(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => name.SequenceEqual("id"u8) ? EventField.Id : name.SequenceEqual("ts"u8) ? EventField.Timestamp : EventField.Other,
        4 => name.SequenceEqual("type"u8) ? EventField.Type : name.SequenceEqual("meta"u8) ? EventField.Meta : EventField.Other,
        5 => name.SequenceEqual("price"u8) ? EventField.Price : name.SequenceEqual("value"u8) ? EventField.Value
            : name.SequenceEqual("items"u8) ? EventField.Items : EventField.Other,
        6 => name.SequenceEqual("cartId"u8) ? EventField.CartId : name.SequenceEqual("userId"u8) ? EventField.UserId
            : name.SequenceEqual("device"u8) ? EventField.Device : name.SequenceEqual("sentAt"u8) ? EventField.SentAt
            : name.SequenceEqual("source"u8) ? EventField.Source : EventField.Other,
        7 => name.SequenceEqual("storeId"u8) ? EventField.StoreId : name.SequenceEqual("orderId"u8) ? EventField.Order
            : name.SequenceEqual("variant"u8) ? EventField.Variant : EventField.Other,
        8 => name.SequenceEqual("quantity"u8) ? EventField.Quantity
            : name.SequenceEqual("currency"u8) ? EventField.Currency : name.SequenceEqual("category"u8) ? EventField.Category : name.SequenceEqual("order_id"u8) ? EventField.Order : EventField.Other,
        9 => name.SequenceEqual("sessionId"u8) ? EventField.SessionId
            : name.SequenceEqual("productId"u8) ? EventField.ProductId : EventField.Other,
        10 => name.SequenceEqual("cartSecret"u8) ? EventField.CartSecret : EventField.Other,
        12 => name.SequenceEqual("item_variant"u8) ? EventField.Variant : EventField.Other,
        13 => name.SequenceEqual("transactionId"u8) ? EventField.Order
            : name.SequenceEqual("variant_title"u8) ? EventField.Variant : EventField.Other,
        14 => name.SequenceEqual("transaction_id"u8) ? EventField.Order : EventField.Other,
        _ => EventField.Other,
    };
}
