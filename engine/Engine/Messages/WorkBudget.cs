using System.Numerics;
using Fluid;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// Bounds the time of a rendering without a clock, so that a template fails always or never: a unit is a character or an entry that a
/// filter, a comparison or the output handles, and takes at most some tens of nanoseconds.
/// </summary>
sealed class WorkBudget
{
    /// <summary>The cost of evaluating anything.</summary>
    public const int Evaluation = 8;

    const int Filter = 16, Entry = 2, Number = 8, Object = 16, Date = 64;

    long _left;

    /// <summary>Returns the budget of a rendering.</summary>
    public static WorkBudget Of(TemplateContext context) => ((MessageContext)context).Budget;

    /// <summary>Begins a rendering.</summary>
    public void Reset() => _left = MessageLimits.Work;

    /// <summary>Spends units.</summary>
    /// <exception cref="MessageRenderingException">There are not as many left.</exception>
    public void Spend(long units)
    {
        _left -= units;
        if (_left < 0)
        {
            throw new MessageRenderingException($"takes more than {MessageLimits.Work} units of work");
        }
    }

    /// <summary>Spends what reading a whole value costs.</summary>
    /// <param name="value">The value.</param>
    /// <param name="divisor">The number of characters or entries per unit.</param>
    public void SpendOn(FluidValue value, int divisor = 1) => Spend(SizeOf(value, _left * divisor) / divisor);

    /// <summary>Spends the cost of a filter, apart from that of its result.</summary>
    public void SpendOn(string filter, FluidValue input, FilterArguments arguments)
    {
        var size = SizeOf(input, _left);
        long cost = Filter + size;
        for (var i = 0; i < arguments.Count; i++)
        {
            cost += SizeOf(arguments.At(i), _left);
        }

        // A comparison sort reads each entry once per level, and a naive search may compare at every position.
        cost += filter switch
        {
            "sort" or "sort_natural" when input is ArrayValue list => size * BitOperations.Log2((uint)list.Values.Count + 1),
            "replace" or "replace_first" or "replace_last" or "remove" or "remove_first" or "remove_last" or "split" =>
                SearchOf(size, SizeOf(arguments.At(0), _left)),
            "where" or "reject" or "find" or "find_index" or "has" when input is ArrayValue list =>
                list.Values.Count * SizeOf(arguments.At(1), _left) / 16,
            "date" => Date,
            _ => 0,
        };
        Spend(cost);
    }

    /// <summary>Spends the cost of looking for a value in another.</summary>
    public void SpendOnSearch(FluidValue text, FluidValue sought)
    {
        var (size, length) = (SizeOf(text, _left), SizeOf(sought, _left));
        Spend(size + length + SearchOf(size, length));
    }

    static long SearchOf(long size, long sought) => size * sought / 64;

    // Stops counting when the limit is exceeded.
    static long SizeOf(FluidValue value, long limit)
    {
        switch (value)
        {
            case StringValue text:
                return text.ToStringValue().Length;
            case ArrayValue list:
                var size = 0L;
                for (var i = 0; i < list.Values.Count && size <= limit; i++)
                {
                    size += Entry + SizeOf(list.Values[i], limit - size);
                }

                return size;
            case DictionaryValue:
                return Object;
            default:
                return Number;
        }
    }
}
