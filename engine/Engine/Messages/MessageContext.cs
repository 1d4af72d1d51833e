using CartRecovery.Primitives;
using Fluid;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>The context of a rendering. Reused on the same thread, since creating one costs more than most renderings.</summary>
sealed class MessageContext : TemplateContext
{
    static readonly MessageValues s_nothing = new("", "", new Contracts.CartSummary(0, 0, ""), DiscountPercent: null);

    readonly List<ObjectView<MessageValues>> _views = [];

    public MessageContext(TemplateOptions options)
        : base(options)
    {
        foreach (var root in MessageObjects.Roots)
        {
            var view = new ObjectView<MessageValues>(root, s_nothing)
            {
                Otherwise = root == MessageObjects.Customer ? (values, name) => values.Attributes.Find(name) : null,
            };
            _views.Add(view);
            SetValue(root.Name, new DictionaryValue(view));
        }

        Writer.Budget = Budget;
        Now = () => TimeZoneInfo.ConvertTime(_views[0].Value.Now, _views[0].Value.TimeZone);
    }

    /// <summary>The output.</summary>
    public BoundedWriter Writer { get; } = new();

    /// <summary>Remaining work.</summary>
    public WorkBudget Budget { get; } = new();

    /// <summary>The cart's currency.</summary>
    public string Currency { get; private set; } = "";

    /// <summary>How amounts are written.</summary>
    public MoneyLocale Locale { get; private set; } = MoneyLocale.Default;

    /// <summary>Prepares the next rendering.</summary>
    public void Begin(MessageValues values, int limit)
    {
        foreach (var view in _views)
        {
            view.Value = values;
        }

        _steps = 0;
        Budget.Reset();
        TimeZone = values.TimeZone;
        (Currency, Locale) = (values.Cart.Currency, values.Locale);
        Writer.Limit = limit;
        EnterChildScope();
    }

    /// <summary>Releases the rendered values.</summary>
    public void End()
    {
        ReleaseScope();
        Writer.Clear();
        foreach (var view in _views)
        {
            view.Value = s_nothing;
        }
    }
}
