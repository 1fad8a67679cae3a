//! The menu: eight items on every day, with the price of that day.

use crate::support::TestCity;
use diesel_async::RunQueryDsl;
use steward::db::statement;

#[actix_web::test]
async fn the_menu_has_eight_items_on_every_day_and_the_price_of_the_day() {
    let city = TestCity::new().await;
    let mut conn = city.service.state.pool.get().await.unwrap();
    statement(
        "INSERT INTO item_prices (id, item_id, valid_from, market_fen, below_market_fen, subsidy_fen, self_pay_fen, created_at) \
         SELECT md5(code)::uuid, id, '2024-02-01', 2200, 1600, 1900, 300, created_at FROM menu_items WHERE code = 'meals'",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    for (day, price) in [
        ("2023-10-01", 2000),
        ("2024-01-31", 2000),
        ("2024-02-01", 2200),
        ("2030-01-01", 2200),
    ] {
        let menu = city
            .admin
            .get(&format!("/api/v1/menu?on={day}"))
            .await
            .expect(200);
        let slots: Vec<_> = menu
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["slot"].as_i64().unwrap())
            .collect();
        assert_eq!(slots, [1, 2, 3, 4, 5, 6, 7, 8], "{day}");
        assert_eq!(menu[3]["market_fen"], price, "{day}");
    }
    assert_eq!(
        city.admin.get("/api/v1/menu?on=2023-09-30").await.refused(404),
        "no_menu_yet"
    );
    city.stop().await;
}
