using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Events.MessagePack;

/// <summary>MessagePack has NaN and infinities, and an amount is none of them: it is refused with JSON's code, never worth 0.</summary>
public sealed class NonFiniteTests
{
    static readonly double[] s_numbers = [double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    [TestCaseSource(nameof(s_numbers))]
    public void A_value_is_refused(double number)
    {
        foreach (var type in new[] { "add_to_cart", "purchase", "refund", "begin_checkout" })
        {
            Assert.That(Read(type, p => p.Text("value").Double(number)).Problem.Code, Is.EqualTo("out_of_range"), type);
            Assert.That(Read(type, p => p.Text("value").Single((float)number)).Problem.Code, Is.EqualTo("out_of_range"), type);
            Assert.That(Read(type, p => p.Text("meta").Map(1).Text("value").Double(number)).Problem.Code, Is.EqualTo("out_of_range"), type);
        }

        Assert.That(Read("add_to_cart", p => p.Text("price").Double(number)).Problem.Code, Is.EqualTo("out_of_range"), "as a price is");
    }

    [TestCaseSource(nameof(s_numbers))]
    public void An_items_price_and_quantity_are_refused(double number)
    {
        foreach (var type in new[] { "add_to_cart", "cart_updated", "purchase" })
        {
            foreach (var field in new[] { "price", "quantity" })
            {
                var problem = Read(type, p => Items(p.Text("items"), field, number)).Problem;
                Assert.That((problem.Code, problem.Message.Split(' ')[0]), Is.EqualTo(("out_of_range", $"'items[0].{field}'")), type);
            }
        }

        var ofMeta = Read("add_to_cart", p => Items(p.Text("meta").Map(1).Text("items"), "price", number)).Problem;
        Assert.That(ofMeta.Code, Is.EqualTo("out_of_range"));
    }

    [TestCaseSource(nameof(s_numbers))]
    public void What_is_no_amount_is_kept_as_null(double number)
    {
        var (problem, meta) = Read("add_to_cart", p => Items(p.Text("items"), "discount", number));
        Assert.That((problem.IsError, meta), Is.EqualTo((false, """{"items":[{"id":"A","discount":null}]}""")));
        (problem, meta) = Read("page_view", p => p.Text("value").Double(number));
        Assert.That((problem.IsError, meta), Is.EqualTo((false, "")), "of a type that is about no money");
    }

    static Packer Items(Packer packer, string field, double number) =>
        packer.Array(1).Map(2).Text("id").Text("A").Text(field).Double(number);

    static (EventProblem Problem, string Meta) Read(string type, Func<Packer, Packer> write)
    {
        var packer = new Packer().Map(5).Text("id").Text("e1").Text("type").Text(type).Text("cartId").Text("c1");
        packer.Text("ts").Integer(EventReading.Now);
        var message = write(packer).Bytes;
        var builder = new EventBuilder(EventReading.AnyTime());
        var at = 0;
        var problem = new MessagePackEventDecoder(builder).Decode(message, ref at, EventReading.Now);
        var slab = new EventSlab();
        return problem.IsError ? (problem, "") : (problem, Encoding.UTF8.GetString(slab.MetaOf(builder.AppendTo(slab, message))));
    }
}
